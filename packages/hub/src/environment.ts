import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expandPath, hubHome } from "@drum/tensor/node";

/** A variable of the environment. */
export function variable(name: string): string | undefined {
	return process.env[name];
}

/** The folder of the hub's cache: from the option, else from the environment, else huggingface_hub's default. */
export function cacheFolder(option: string | undefined): string {
	const named = option ?? (variable("HF_HUB_CACHE") || variable("HUGGINGFACE_HUB_CACHE") || join(hubHome(), "hub"));
	return resolve(expandPath(named));
}

/** The content of the token file, or `""` if there is none, and the file's name for messages. */
export async function tokenFile(): Promise<{ text: string; from: string }> {
	const path = expandPath(variable("HF_TOKEN_PATH") || join(hubHome(), "token"));
	return { text: await readFile(path, "utf8").catch(() => ""), from: `the file ${path}` };
}

/** `HubFetch` follows redirects itself, one at a time. */
export const REDIRECT = "manual";

/** Adds nothing: Node.js says why a request failed. */
export function silentReason(found: string, _host: string): string {
	return found;
}
