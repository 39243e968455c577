import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Windows opens no folder; some file systems cannot bring one to the disk. There the order in which they
 * keep changes has to do.
 */
const NO_FOLDER_SYNC = new Set(["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP", "ENOSYS"]);

/**
 * Replaces a file as a whole, for its owner's eyes alone: whenever the process or the machine dies, the file
 * is the old one or the new one, and when this resolves it is the new one for good. Nobody else may write to
 * `path` at the same time; a draft that a crash left behind is written over by the next call.
 *
 * @throws NodeJS.ErrnoException when the disk does not want it; then the old file is still there.
 */
export async function replaceDurably(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, "w", 0o600);
  try {
    await file.writeFile(text);
    // Before the rename: a file system may keep the new name sooner than what the file holds.
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(dirname(path));
}

/** The new name is in the folder, not in the file. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
