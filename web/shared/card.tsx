import type { ComponentChildren, VNode } from "preact";

interface CardProps {
  readonly title: string;
  readonly class?: string;
  /** Beside the title. */
  readonly note?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** One titled part of a page. */
export function Card({ title, note, children, class: name = "" }: CardProps): VNode {
  return (
    <section class={`card ${name}`}>
      <div class="card-head">
        <h2>{title}</h2>
        {note}
      </div>
      {children}
    </section>
  );
}
