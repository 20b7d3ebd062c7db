import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expandPath, hubHome } from "@drum/tensor/node";

/** A variable of the environment. */
export function variable(name: string): string | undefined {
	return process.env[name];
}

/** Where the hub's cache is: the option, else the environment's folder, else huggingface_hub's. */
export function cacheFolder(option: string | undefined): string {
	const named = option ?? (variable("HF_HUB_CACHE") || variable("HUGGINGFACE_HUB_CACHE") || join(hubHome(), "hub"));
	return resolve(expandPath(named));
}

/** What the token file holds, `""` where there is none, and what the file is called in messages. */
export async function tokenFile(): Promise<{ text: string; from: string }> {
	const path = expandPath(variable("HF_TOKEN_PATH") || join(hubHome(), "token"));
	return { text: await readFile(path, "utf8").catch(() => ""), from: `the file ${path}` };
}

/** Redirects are followed step by step, by our own rules. */
export const REDIRECT = "manual";

/** As it is: Node.js tells why a request failed. */
export function silentReason(found: string, _host: string): string {
	return found;
}
