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
	/** What says that the hub is not to be asked; undefined where nothing does. */
	offline: string | undefined;
	/** Milliseconds until the hub has answered a question about a repository. */
	answerLimit: number;
	/** Milliseconds that a file's bytes may fail to come. */
	stallLimit: number;
}

/** The options, and huggingface_hub's environment variables where an option is absent. */
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

/** A limit in milliseconds from a variable in whole seconds; without one, or with 0, the default as huggingface_hub takes it. */
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
