import { ArgumentError, shown } from "@drum/tensor";

/**
 * Checks a server's address, and removes the slashes at its end. A user and a password are refused, because messages show the address.
 * @param what the option or the variable that contains the address
 * @param kind what the address must be, for messages
 * @param next what to do instead of giving a user and a password
 * @throws ArgumentError for text that is not an http(s) address, or an address with a user or a password; the message does not show them
 */
export function serverAddress(what: string, address: string, kind = "an http(s) address", next?: string): string {
	const url = URL.canParse(address) ? new URL(address) : undefined;
	if (url?.protocol !== "https:" && url?.protocol !== "http:")
		throw new ArgumentError({ what, expected: kind, found: shown(String(address).replace(/[^/]*@/, "…@")) });
	if (!url.username && !url.password) return address.replace(/\/+$/, "");
	const expected = `${kind} without user and password`;
	throw new ArgumentError({ what, expected, found: "one with a user or a password", ...(next && { next }) });
}
