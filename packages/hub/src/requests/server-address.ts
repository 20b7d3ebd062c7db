import { ArgumentError, shown } from "@drum/tensor";

/**
 * A server's address without the slashes at its end. A user and a password in it would be shown with it in messages.
 * @param what the option or the variable that has it
 * @param kind what it must be
 * @param next what to do about a user and a password
 * @throws ArgumentError for another text, and for an address with a user or a password, neither of which it repeats
 */
export function serverAddress(what: string, address: string, kind = "an http(s) address", next?: string): string {
	const url = URL.canParse(address) ? new URL(address) : undefined;
	if (url?.protocol !== "https:" && url?.protocol !== "http:")
		throw new ArgumentError({ what, expected: kind, found: shown(String(address).replace(/[^/]*@/, "…@")) });
	if (!url.username && !url.password) return address.replace(/\/+$/, "");
	const expected = `${kind} without user and password`;
	throw new ArgumentError({ what, expected, found: "one with them", ...(next && { next }) });
}
