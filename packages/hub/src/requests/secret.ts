import { ArgumentError } from "@drum/tensor";

/**
 * Checks that an API key can be sent in a request's header; undefined for no key, or an empty one.
 * @param what the option that contains the key
 * @throws ArgumentError for a key with other characters, or longer than 4096; the message does not show it
 */
export function checkKey(what: string, key: string | undefined): string | undefined {
	if (key === undefined || key === "") return undefined;
	if (typeof key === "string" && /^[\x21-\x7e]{1,4096}$/.test(key)) return key;
	const found =
		typeof key === "string" ? "characters that a key cannot have, or more than 4096" : `a value of type ${typeof key}`;
	throw new ArgumentError({ what, expected: "an API key on one line", found, next: "Copy the key again" });
}

/** Removes a secret from a text, also in its form in an address. Some servers repeat the secret of a request in their answers. */
export function withoutSecret(text: string, secret: string | undefined, instead = "…"): string {
	if (!secret) return text;
	return text.replaceAll(secret, instead).replaceAll(encodeURIComponent(secret), instead);
}

/** An error's cause; undefined if it, or one of its own causes, contains the secret. */
export function causeWithout(secret: string | undefined, cause: unknown): unknown {
	for (let each = cause; each instanceof Error; each = each.cause) {
		const said = `${each}${each.stack}`;
		if (withoutSecret(said, secret) !== said) return undefined;
	}
	return cause;
}
