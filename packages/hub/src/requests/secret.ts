import { ArgumentError } from "@drum/tensor";

/**
 * An API key as it can go into a request's header; undefined for none, or an empty one.
 * @param what the option that has it
 * @throws ArgumentError for one with other characters, without its value
 */
export function checkKey(what: string, key: string | undefined): string | undefined {
	if (key === undefined || key === "") return undefined;
	if (typeof key === "string" && /^[\x21-\x7e]{1,4096}$/.test(key)) return key;
	const found = typeof key === "string" ? "characters that no key has, or too many" : `a value of type ${typeof key}`;
	throw new ArgumentError({ what, expected: "an API key on one line", found, next: "Copy the key again" });
}

/** A text without a secret that went with the question, which some servers repeat, as it is or as a part of an address. */
export function withoutSecret(text: string, secret: string | undefined, instead = "…"): string {
	if (!secret) return text;
	return text.replaceAll(secret, instead).replaceAll(encodeURIComponent(secret), instead);
}

/** An error's cause, unless it or what is behind it says the secret. */
export function causeWithout(secret: string | undefined, cause: unknown): unknown {
	for (let each = cause; each instanceof Error; each = each.cause) {
		const said = `${each}${each.stack}`;
		if (withoutSecret(said, secret) !== said) return undefined;
	}
	return cause;
}
