import { ArgumentError } from "@drum/tensor";
import { tokenFile, variable } from "./environment.ts";

/** An access token. Its value goes to the hub and is never shown. */
export interface Token {
	readonly value: string;
	/** Where it comes from, for messages: the option, a variable, a file. */
	readonly from: string;
}

/**
 * Takes the token from the option, else from the environment, else from the token file; undefined if none has one or the option is `""`.
 * @throws ArgumentError for text that cannot be a token; the message does not show it
 */
export async function readToken(option: string | undefined): Promise<Token | undefined> {
	if (option !== undefined) return checked(option, "the option token");
	for (const name of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]) {
		const token = checked(variable(name) ?? "", name);
		if (token) return token;
	}
	const { text, from } = await tokenFile();
	return checked(text, from);
}

function checked(text: unknown, from: string): Token | undefined {
	const value = typeof text === "string" ? text.trim() : undefined;
	if (value === "") return undefined;
	if (value !== undefined && /^[\x21-\x7e]{1,4096}$/.test(value)) return { value, from };
	throw new ArgumentError({
		what: from,
		expected: "an access token of the hub, such as hf_…, on one line",
		found:
			value === undefined ? `a value of type ${typeof text}` : "characters that a token cannot have, or more than 4096",
		next: "Copy the token again, or leave it out for public repositories",
	});
}
