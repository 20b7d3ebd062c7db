import { ArgumentError, DownloadError, DrumError } from "@drum/tensor";
import pg from "pg";

/**
 * Names the server that a URL leads to, without the password.
 * @throws ArgumentError for what is no such URL; its text is not repeated, as it may hold a password
 */
export function checkUrl(url: string): string {
	if (/^postgres(ql)?:\/\//.test(url)) {
		try {
			const { host, port, database = "" } = new pg.Client({ connectionString: url });
			return `Postgres server ${host}:${port}, database ${database}`;
		} catch {}
	}
	throw new ArgumentError({
		what: "the database's URL",
		expected: "postgres://user:password@host:port/database",
		found: "something else",
		next: "Write special characters in the password as %XX",
	});
}

interface Kind {
	codes: readonly string[];
	error: typeof ArgumentError | typeof DownloadError;
	expected: string;
	next: string;
}

/** By SQLSTATE, or by the system's code. */
const KINDS: readonly Kind[] = [
	{
		codes: ["28P01", "28000"],
		error: ArgumentError,
		expected: "a user and a password that it lets in",
		next: "Check both in the database's URL",
	},
	{
		codes: ["3D000"],
		error: ArgumentError,
		expected: "a database of that name",
		next: "Make it on the server (createdb), or name another in the URL",
	},
	{
		codes: ["53300"],
		error: DownloadError,
		expected: "a free connection",
		next: "Stop other clients, or raise the server's max_connections",
	},
];

const UNREACHABLE: Kind = {
	codes: [],
	error: DownloadError,
	expected: "an answer",
	next: "Check that it runs, that host and port in the URL are its own, and that no firewall is between",
};

/** What went wrong on the way to a server, as an error that says how to mend it. */
export function asUrlError(what: string, cause: unknown): unknown {
	if (DrumError.is(cause)) return cause;
	const { code = "", message } = cause as Error & { code?: string };
	// Without a password in the URL, one that is asked for is missed here already, before the server's answer.
	const kind = message.includes("client password must be a string")
		? KINDS[0]!
		: (KINDS.find(({ codes }) => codes.includes(code)) ??
			(cause instanceof pg.DatabaseError ? undefined : UNREACHABLE));
	if (kind === undefined) return cause;
	return new kind.error({ what, expected: kind.expected, found: message || code, next: kind.next, cause });
}

/** SQLSTATE's class of connections, and servers that stop, start or have no connection left. */
const GONE_STATES = /^(08...|57P0[123]|53300)$/;
const GONE_CODES = new Set([
	...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN"],
	...["EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN"],
]);
/** What pg says without a code. */
const GONE_WORDS =
	/^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** Whether a query failed because the server is out of reach for now: another try, later, may do. */
export function isOutOfReach(error: unknown): boolean {
	const { code = "", message = "" } = (error ?? {}) as Partial<Record<"code" | "message", unknown>>;
	return GONE_STATES.test(String(code)) || GONE_CODES.has(String(code)) || GONE_WORDS.test(String(message));
}
