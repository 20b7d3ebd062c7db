import { existsSync, realpathSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, resolve } from "node:path";

/** An absolute path, of which its last two names are kept. */
const PATH =
	/(?<![\w:/.~…])(?:[A-Za-z]:)?[\\/](?:[^\\/\s"'`,:;()|]+[\\/])*([^\\/\s"'`,:;()|]+[\\/][^\\/\s"'`,:;()|]+)/g;
const TOKEN = /\bhf_[A-Za-z0-9]{6,}/g;

/**
 * A document without what a public place need not know: where files lie on this machine, who its user is, and access tokens.
 * @param sources what the command was given, of which the last name is kept
 */
export function withoutPrivate<T>(document: T, sources: readonly string[], tokens: readonly (string | undefined)[]): T {
	const given = sources.filter((source) => isLocal(source) && basename(source) !== source);
	const folders = [...given.map((path) => dirname(resolve(path))), process.cwd(), tmpdir(), homedir()];
	const hidden = [...new Set(folders.flatMap((folder) => [real(folder), folder]))]
		.filter((folder) => folder.length > 1)
		.sort((a, b) => b.length - a.length);
	const shorten = (text: string): string => {
		let short = text;
		for (const token of tokens) if (token) short = short.replaceAll(token, "<token>");
		for (const source of given) short = short.replaceAll(source, basename(source));
		for (const folder of hidden) short = short.replaceAll(folder, "…");
		return short.replaceAll(TOKEN, "<token>").replaceAll(PATH, "…/$1");
	};
	const walk = (value: unknown): unknown => {
		if (typeof value === "string") return shorten(value);
		if (Array.isArray(value)) return value.map(walk);
		if (typeof value !== "object" || value === null) return value;
		return Object.fromEntries(Object.entries(value).map(([key, each]) => [shorten(key), walk(each)]));
	};
	return walk(document) as T;
}

/** A hub id is public as it is. */
function isLocal(source: string): boolean {
	return existsSync(source);
}

function real(path: string): string {
	try {
		return realpathSync(path);
	} catch {
		return path;
	}
}
