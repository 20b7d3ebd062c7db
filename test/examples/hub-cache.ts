import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Lays folders out as huggingface_hub's cache has repositories, so that hub ids are found without a network. */
export function fillHubCache(home: string, repositories: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
	const commit = "0".repeat(40);
	for (const [id, folder] of Object.entries(repositories)) {
		const root = join(home, "hub", `models--${id.replace("/", "--")}`);
		mkdirSync(join(root, "refs"), { recursive: true });
		writeFileSync(join(root, "refs", "main"), commit);
		cpSync(folder, join(root, "snapshots", commit), { recursive: true });
	}
	return { HF_HOME: home, HF_HUB_OFFLINE: "1" };
}
