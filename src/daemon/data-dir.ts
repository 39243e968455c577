import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DataDirLockedError, DataDirUnusableError } from "./gossip-error.ts";

const LOCK_FILE = "lock";

/** Who holds a lock. A process id alone is used again, after a restart of the machine at the latest. */
interface Holder {
  readonly pid: number;
  /** Names this very process where the system tells; empty elsewhere. */
  readonly birth: string;
}

/**
 * The folder of one daemon, which nobody else may use as long as it runs. A lock left behind by a dead
 * process is taken over.
 */
export class DataDir {
  readonly path: string;
  /** Whether there was a lock that no living process held. */
  readonly takeover: "none" | "staleLock";
  readonly #lock: string;

  private constructor(path: string, lock: string, takeover: "none" | "staleLock") {
    this.path = path;
    this.#lock = lock;
    this.takeover = takeover;
  }

  /**
   * Creates the folder, unless it is there, and locks it.
   *
   * @throws DataDirLockedError when a living process holds the lock.
   * @throws DataDirUnusableError when the folder cannot be created or written.
   */
  static open(path: string): DataDir {
    try {
      makeFolder(path);
      return DataDir.#lockFolder(path);
    } catch (cause) {
      if (cause instanceof DataDirLockedError) throw cause;
      throw new DataDirUnusableError(path, reasonOf(cause), { cause });
    }
  }

  static #lockFolder(path: string): DataDir {
    const lock = join(path, LOCK_FILE);
    if (tryLock(lock)) return new DataDir(path, lock, "none");
    const text = readLock(lock);
    const holder = text === undefined ? undefined : parseHolder(text);
    if (holder !== undefined && isAlive(holder)) throw lockedBy(path, holder);
    if (text !== undefined) moveStaleLockAway(lock, text);
    if (tryLock(lock)) return new DataDir(path, lock, "staleLock");
    // Somebody else took it over in the same moment.
    throw lockedBy(path, parseHolder(readLock(lock) ?? ""));
  }

  /** The path of a file in the folder. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Gives the folder free. What it holds stays; so does a lock that may not be removed, until it is taken over. */
  release(): void {
    try {
      if (readLock(this.#lock) === holderText()) rmSync(this.#lock, { force: true });
    } catch {
      // The folder was taken from us, or the disk is read-only now: nobody here needs it any more.
    }
  }
}

/**
 * Makes the folder and those above it. Not by the `recursive` option of `mkdirSync`: Node 20 never comes
 * back from it where a file system says that the new folder has no parent, as `/proc` does.
 */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) === "EEXIST" && statSync(path).isDirectory()) return;
    if (codeOf(error) !== "ENOENT" || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path));
    makeFolder(path);
  }
}

function lockedBy(path: string, holder: Holder | undefined): DataDirLockedError {
  return new DataDirLockedError(path, holder === undefined ? "starting now" : `pid ${holder.pid}`);
}

/** By a hard link, which fails when the name exists and never shows a half-written file. */
function tryLock(lock: string): boolean {
  const draft = `${lock}.${process.pid}`;
  writeFileSync(draft, holderText(), { mode: 0o600 });
  try {
    linkSync(draft, lock);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Two daemons may find the same stale lock: what was moved away must be the one that was judged. */
function moveStaleLockAway(lock: string, judged: string): void {
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  if (readLock(aside) !== judged) linkSync(aside, lock);
  rmSync(aside, { force: true });
}

function readLock(lock: string): string | undefined {
  try {
    return readFileSync(lock, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

const holderText = (): string => `${process.pid} ${birthOf(process.pid)}\n`;

/** Undefined for a lock that no version of ours wrote in full. */
function parseHolder(text: string): Holder | undefined {
  const match = /^(\d{1,10}) (\S*)\n$/.exec(text);
  return match === null ? undefined : { pid: Number(match[1]), birth: match[2] ?? "" };
}

function isAlive({ pid, birth }: Holder): boolean {
  if (birth !== "" && birth !== birthOf(pid)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to another user.
    return codeOf(error) !== "ESRCH";
  }
}

/** Linux: this boot and the moment in it at which the process began (proc(5): field 22 of `stat`). */
function birthOf(pid: number): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is a name in parentheses that may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return `${boot}/${fields[22 - 3] ?? ""}`;
  } catch {
    // No such process, or a system without these files.
    return "";
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "this user may not write there",
  EPERM: "not permitted",
  EEXIST: "there is a file of that name",
  ENOENT: "no folder can be made there",
  ENOTDIR: "a part of the path is a file",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
};

function reasonOf(cause: unknown): string {
  const code = codeOf(cause) ?? "";
  return REASONS[code] ?? (cause instanceof Error ? cause.message : code);
}
