import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const COMMIT = "0".repeat(40);
const rootOf = (home: string, id: string) => join(home, "hub", `models--${id.replace("/", "--")}`);

/** The folder of a repository's files. */
export const snapshotOf = (home: string, id: string): string => join(rootOf(home, id), "snapshots", COMMIT);

/** Lays folders out as huggingface_hub's cache has repositories, so that hub ids are found without a network. */
export function fillHubCache(home: string, repositories: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
	for (const [id, folder] of Object.entries(repositories)) {
		const root = rootOf(home, id);
		mkdirSync(join(root, "refs"), { recursive: true });
		writeFileSync(join(root, "refs", "main"), COMMIT);
		cpSync(folder, snapshotOf(home, id), { recursive: true });
	}
	return { HF_HOME: home, HF_HUB_OFFLINE: "1" };
}
