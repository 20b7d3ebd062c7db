import { ArgumentError, shown } from "@drum/tensor";
import { cacheFolder, variable } from "./environment.ts";
import type { RepositoryOptions } from "./repository-options.ts";
import { serverAddress } from "./requests/server-address.ts";
import { readToken, type Token } from "./token.ts";

/** The public hub. */
const HUB_URL = "https://huggingface.co";

export interface HubSettings {
	/** Without a trailing slash. */
	endpoint: string;
	token: Token | undefined;
	cacheDir: string;
	/** The option or variable that says not to ask the hub; undefined if none does. */
	offline: string | undefined;
	/** Milliseconds in which the hub must begin its answer about a repository. */
	answerLimit: number;
	/** Milliseconds that a download may pass without a byte. */
	stallLimit: number;
}

/**
 * Takes settings from the options, or else from huggingface_hub's environment variables.
 * @throws ArgumentError naming the option or the variable that is invalid
 */
export async function hubSettings(options: RepositoryOptions): Promise<HubSettings> {
	const named = variable("HF_ENDPOINT");
	return {
		endpoint:
			options.endpoint === undefined && named
				? checkedEndpoint(named, "HF_ENDPOINT")
				: checkedEndpoint(options.endpoint ?? HUB_URL, "endpoint"),
		token: await readToken(options.token),
		cacheDir: cacheFolder(options.cacheDir),
		offline: offlineBy(options.offline),
		answerLimit: seconds("HF_HUB_ETAG_TIMEOUT", 10),
		stallLimit: seconds("HF_HUB_DOWNLOAD_TIMEOUT", 30),
	};
}

function offlineBy(option: boolean | undefined): string | undefined {
	if (option !== undefined) return option ? "the option offline" : undefined;
	const name = variable("HF_HUB_OFFLINE") ? "HF_HUB_OFFLINE" : "TRANSFORMERS_OFFLINE";
	return /^(1|on|yes|true)$/i.test(variable(name) ?? "") ? name : undefined;
}

/** A limit in milliseconds, from a variable in whole seconds. If it is missing or 0, the default counts, as in huggingface_hub. */
function seconds(name: string, otherwise: number): number {
	const text = variable(name)?.trim() || "0";
	if (!/^\d{1,5}$/.test(text)) {
		throw new ArgumentError({
			what: name,
			expected: "a whole number of seconds, at most 99999",
			found: shown(variable(name)),
		});
	}
	return (Number(text) || otherwise) * 1000;
}

function checkedEndpoint(endpoint: string, what: string): string {
	const next = "Give an access token with HF_TOKEN or the option token";
	return serverAddress(what, endpoint, "the hub's http(s) URL", next);
}
