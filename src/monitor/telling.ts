import type { CoreEvent } from "../core/event.ts";
import { formatAddress } from "../core/ip-address.ts";
import type { TraceEvent } from "../core/trace.ts";
import type { ItemTrace } from "./item-journal.ts";
import type { ItemStep, LinkEvent, MonitorEvent, SubscriberEvent } from "./monitor-event.ts";

/** What the core decided about an item, as those who watch are told. */
export function stepOf(event: ItemTrace): ItemStep {
  switch (event.kind) {
    case "itemAnnounced": {
      const { dataType, ttl, bytes, subscriber } = event;
      return { step: "announced", dataType, ttl, bytes, subscriber };
    }
    case "itemArrived": {
      const { dataType, ttl, bytes, link } = event;
      return { step: "arrived", dataType, ttl, bytes, link };
    }
    case "itemDropped": {
      const { reason, link, ttl } = event;
      return reason === "duplicate"
        ? { step: "duplicate", link, ttl }
        : { step: "dropped", reason, link, ttl };
    }
    case "itemRefused": {
      const { reason, link, ttl, dataType, bytes } = event;
      return { step: "dropped", reason, link, ttl, dataType, bytes };
    }
    case "itemNotified":
      return { step: "asked", subscriber: event.subscriber, role: event.role };
    case "itemNotNotified":
      return { step: "dropped", reason: "queueFull", subscriber: event.subscriber };
    case "itemJudged": {
      const { subscriber, verdict, afterMs } = event;
      return { step: "verdict", subscriber, verdict, tookMs: afterMs };
    }
    case "itemSettled":
      return { step: event.outcome };
    case "itemStopped":
      return { step: "dropped", reason: event.reason };
    case "itemForwarded": {
      const { links, ttl, occasion, holders, beyondDegree } = event;
      return { step: "forwarded", links, ttl, occasion, holders, beyondDegree };
    }
  }
}

/** A new link, as those who watch are told. */
export function openedLink(
  { link, direction, remote }: TraceEvent & { readonly kind: "linkOpened" },
  at: number,
): MonitorEvent {
  const data: LinkEvent = { at, link, change: "opened", direction, remote: formatAddress(remote) };
  return { name: "link", data };
}

/** What is in the log about links and modules, as those who watch are told; undefined for the rest. */
export function changeOf(event: CoreEvent, at: number): MonitorEvent | undefined {
  const link = linkChangeOf(event, at);
  if (link !== undefined) return { name: "link", data: link };
  const subscriber = subscriberChangeOf(event, at);
  return subscriber === undefined ? undefined : { name: "subscriber", data: subscriber };
}

function linkChangeOf(event: CoreEvent, at: number): LinkEvent | undefined {
  switch (event.name) {
    case "linkEstablished": {
      const { link, direction, remote } = event;
      return { at, link, change: "established", direction, remote: formatAddress(remote) };
    }
    case "linkExtended":
      return { at, link: event.link, change: "extended" };
    case "linkClosed": {
      const { link, direction, cause } = event;
      const remote = formatAddress(event.remote);
      return { at, link, change: "closed", direction, remote, cause };
    }
    default:
      return undefined;
  }
}

function subscriberChangeOf(event: CoreEvent, at: number): SubscriberEvent | undefined {
  switch (event.name) {
    case "subscriberOpened":
      return { at, subscriber: event.subscriber, change: "opened" };
    case "subscribed": {
      const { subscriber, dataType } = event;
      return { at, subscriber, change: "subscribed", dataType };
    }
    case "subscriberClosed": {
      const { subscriber, cause } = event;
      return { at, subscriber, change: "closed", cause };
    }
    case "observerBegan":
      return { at, subscriber: event.subscriber, change: "observer" };
    case "observerEnded":
      return { at, subscriber: event.subscriber, change: "validator" };
    case "oneAtATime":
      return { at, subscriber: event.subscriber, change: "oneAtATime" };
    case "subscriberLagging":
      return { at, subscriber: event.subscriber, change: "lagging" };
    default:
      return undefined;
  }
}
