import { join, resolve } from "node:path";
import { ArgumentError, shown } from "@drum/tensor";
import { expandPath, hubHome } from "@drum/tensor/node";
import { HUB_URL } from "@huggingface/hub";
import type { RepositoryOptions } from "./open.ts";
import { readToken, type Token } from "./token.ts";

export interface HubSettings {
	/** Without a trailing slash. */
	endpoint: string;
	token: Token | undefined;
	cacheDir: string;
	/** What says that the hub is not to be asked; undefined where nothing does. */
	offline: string | undefined;
	/** Milliseconds until the hub has answered a question about a repository. */
	answerLimit: number;
	/** Milliseconds that a file's bytes may fail to come. */
	stallLimit: number;
}

/** The options, and huggingface_hub's environment variables where an option is absent. */
export async function hubSettings(options: RepositoryOptions): Promise<HubSettings> {
	const { HF_ENDPOINT, HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE } = process.env;
	const cacheDir = options.cacheDir ?? (HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE || join(hubHome(), "hub"));
	return {
		endpoint:
			options.endpoint === undefined && HF_ENDPOINT
				? checkedEndpoint(HF_ENDPOINT, "HF_ENDPOINT")
				: checkedEndpoint(options.endpoint ?? HUB_URL, "endpoint"),
		token: await readToken(options.token),
		cacheDir: resolve(expandPath(cacheDir)),
		offline: offlineBy(options.offline),
		answerLimit: seconds("HF_HUB_ETAG_TIMEOUT", 10),
		stallLimit: seconds("HF_HUB_DOWNLOAD_TIMEOUT", 30),
	};
}

function offlineBy(option: boolean | undefined): string | undefined {
	if (option !== undefined) return option ? "the option offline" : undefined;
	const variable = process.env.HF_HUB_OFFLINE ? "HF_HUB_OFFLINE" : "TRANSFORMERS_OFFLINE";
	return /^(1|on|yes|true)$/i.test(process.env[variable] ?? "") ? variable : undefined;
}

/** A limit in milliseconds from a variable in whole seconds; without one, or with 0, the default as huggingface_hub takes it. */
function seconds(variable: string, otherwise: number): number {
	const text = process.env[variable]?.trim() || "0";
	if (!/^\d{1,5}$/.test(text)) {
		throw new ArgumentError({
			what: variable,
			expected: "a whole number of seconds, at most 99999",
			found: shown(process.env[variable]),
		});
	}
	return (Number(text) || otherwise) * 1000;
}

function checkedEndpoint(endpoint: string, what: string): string {
	const expected = "the hub's http(s) URL";
	const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
	if (url?.protocol !== "https:" && url?.protocol !== "http:") {
		throw new ArgumentError({ what, expected, found: shown(endpoint.replace(/[^/]*@/, "…@")) });
	}
	if (url.username || url.password) {
		const next = "Give an access token with HF_TOKEN or the option token";
		throw new ArgumentError({ what, expected: `${expected} without user and password`, found: "one with them", next });
	}
	return endpoint.replace(/\/+$/, "");
}
