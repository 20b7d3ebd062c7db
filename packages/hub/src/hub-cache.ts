import { copyFile, link, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { getRepoFolderName } from "@huggingface/hub";
import { writing } from "./disk-failures.ts";
import { filesUnder, isFile } from "./folder.ts";

/**
 * One model's part of the hub's cache, laid out as huggingface_hub does, so that both use each other's downloads:
 * `refs/<revision>` holds a commit, `snapshots/<commit>/<path>` links to `blobs/<etag>`.
 */
export class HubCache {
	readonly root: string;

	constructor(cacheDir: string, name: string) {
		this.root = join(cacheDir, getRepoFolderName({ type: "model", name }));
	}

	/** The commit that a branch or tag meant when the hub was last asked. */
	async commitOf(revision: string): Promise<string | undefined> {
		const text = await readFile(join(this.root, "refs", revision), "utf8").catch(() => undefined);
		return text?.trim();
	}

	async saveCommit(revision: string, commit: string): Promise<void> {
		const path = join(this.root, "refs", revision);
		const fresh = `${path}.${crypto.randomUUID()}`;
		await writing(`revision ${revision}`, dirname(path), async () => {
			await mkdir(dirname(path), { recursive: true });
			await writeFile(fresh, commit);
			await rename(fresh, path);
		});
	}

	snapshot(commit: string, path = ""): string {
		return join(this.root, "snapshots", commit, path);
	}

	blob(etag: string): string {
		return join(this.root, "blobs", etag);
	}

	async files(commit: string): Promise<string[]> {
		return (await filesUnder(this.snapshot(commit)).catch(() => [])).sort();
	}

	/** Makes a blob that is here visible in the snapshot. */
	async link(etag: string, commit: string, path: string): Promise<string> {
		const at = this.snapshot(commit, path);
		const blob = this.blob(etag);
		if (await isFile(at)) return at;
		const fresh = `${at}.${crypto.randomUUID()}`;
		await writing(path, dirname(at), async () => {
			await mkdir(dirname(at), { recursive: true });
			try {
				// Windows without developer mode permits no symbolic links; a hard link at least takes no space.
				await symlink(relative(dirname(at), blob), fresh)
					.catch(() => link(blob, fresh))
					.catch(() => copyFile(blob, fresh));
				await rename(fresh, at);
			} finally {
				await rm(fresh, { force: true });
			}
		});
		return at;
	}
}
