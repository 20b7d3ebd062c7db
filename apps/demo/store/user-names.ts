import { ArgumentError, shown } from "@drum/tensor";
import type { Kysely } from "kysely";
import type { Tables } from "./tables.ts";

/** A name in one form, whichever a keyboard or a file gives: é can be one character or two. */
export function formOf(name: string): string {
	return name.normalize("NFC");
}

/** Names as they tell apart what looks the same. */
function spelt(name: string): string {
	const letters = name.replace(/[^\x20-\x7e]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
	return `"${letters}"`;
}

/**
 * The users whose names look like this one: more than one only of times when names were kept as they came. A name that is spelt out,
 * as errors show it, is that user's alone.
 */
export async function usersNamed(kysely: Kysely<Tables>, name: string): Promise<{ id: string; name: string }[]> {
	const users = await kysely.selectFrom("users").select(["id", "name"]).execute();
	const exact = users.find((user) => spelt(user.name) === name);
	return exact ? [exact] : users.filter((user) => formOf(user.name) === formOf(name));
}

/**
 * The one user of a name.
 * @throws ArgumentError where there is none, or more than one that look the same
 */
export async function userNamed(kysely: Kysely<Tables>, name: string): Promise<{ id: string }> {
	const [user, ...others] = await usersNamed(kysely, name);
	if (!user) throw new ArgumentError({ what: "user", expected: "a name that `user list` shows", found: shown(name) });
	if (others.length === 0) return user;
	throw new ArgumentError({
		what: "user",
		expected: "a name that is one user's",
		found: `names that look the same: ${[user, ...others].map((each) => spelt(each.name)).join(", ")}`,
		next: "Give one of them as it is spelt here, its quotes included",
	});
}
