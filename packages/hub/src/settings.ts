import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { ArgumentError, shown } from "@drum/tensor";
import { getHFHubCachePath, HUB_URL } from "@huggingface/hub";
import type { RepositoryOptions } from "./open.ts";

export interface HubSettings {
	/** Without a trailing slash. */
	endpoint: string;
	token: string | undefined;
	cacheDir: string;
	offline: boolean;
}

/** The options, and huggingface_hub's environment variables where an option is absent. */
export async function hubSettings(options: RepositoryOptions): Promise<HubSettings> {
	const { HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE } = process.env;
	const token = options.token ?? (HF_TOKEN?.trim() || (await readFile(tokenPath(), "utf8").catch(() => "")));
	return {
		endpoint: checkedEndpoint(options.endpoint ?? (HF_ENDPOINT || HUB_URL)),
		token: token.trim() || undefined,
		cacheDir: resolve(options.cacheDir ?? getHFHubCachePath()),
		offline: options.offline ?? /^(1|on|yes|true)$/i.test(HF_HUB_OFFLINE ?? ""),
	};
}

function tokenPath(): string {
	const { HF_TOKEN_PATH, HF_HOME, XDG_CACHE_HOME } = process.env;
	return HF_TOKEN_PATH ?? join(HF_HOME ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "huggingface"), "token");
}

function checkedEndpoint(endpoint: string): string {
	const protocol = URL.canParse(endpoint) ? new URL(endpoint).protocol : undefined;
	if (protocol !== "https:" && protocol !== "http:") {
		throw new ArgumentError({ what: "endpoint", expected: "the hub's http(s) URL", found: shown(endpoint) });
	}
	return endpoint.replace(/\/+$/, "");
}
