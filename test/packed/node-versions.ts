import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findLibatomic } from "@drum/test-process";
import { npmInstall } from "./commands.ts";
import { CACHE } from "./places.ts";

/** The oldest Node.js that every `engines` field allows, and the newest of each later line. */
export const NODE_VERSIONS = ["22.12.0", "24.21.0", "26.10.0"] as const;

/** Path of that Node.js, installed from the registry on the first call. */
export async function nodeBinary(version: string): Promise<string> {
	const folder = join(CACHE, `node-${version}`);
	const binary = join(folder, "node_modules", "node", "bin", "node");
	// Processes of tests have this one's environment.
	process.env.LD_LIBRARY_PATH ??= await findLibatomic();
	if (existsSync(binary)) return binary;
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, "package.json"), '{ "private": true }\n');
	await npmInstall(folder, `node@${version}`);
	if (!existsSync(binary)) throw new Error(`npm installed node@${version} without ${binary}`);
	return binary;
}
