import { shown } from "@drum/tensor";

/** Names that a time may have, in a row and in a file. */
export const TIME_NAMES = ["at", "timestamp"] as const;

/** Which of `TIME_NAMES` have a value in a row. */
export function timeNames(row: Readonly<Record<string, unknown>>): (typeof TIME_NAMES)[number][] {
	return TIME_NAMES.filter((name) => row[name] !== undefined && row[name] !== null);
}

/** What a time may be, for messages. */
export const TIMES = "a time: a Date, ISO 8601 such as 2026-03-01T18:30:00Z, or seconds or milliseconds since 1970";

/** A date, or a date and a time of day, in UTC unless it has a zone. */
const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;
/** Smaller numbers are seconds, up to the year 5138; larger ones are milliseconds, from 1973 on. */
const MILLISECONDS_FROM = 1e11;

/** The time of a row as ISO 8601 in UTC; undefined if it has none, null if the value is not a time. */
export function readTime(value: unknown): string | undefined | null {
	if (value === undefined || value === null) return undefined;
	const time = millisecondsOf(value);
	return Number.isFinite(time) && Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : null;
}

function millisecondsOf(value: unknown): number {
	if (value instanceof Date) return value.getTime();
	if (typeof value === "number") return value < MILLISECONDS_FROM ? value * 1000 : value;
	if (typeof value !== "string") return Number.NaN;
	const text = value.trim();
	const [whole, zone] = ISO.exec(text) ?? [];
	if (whole === undefined) return Number.NaN;
	const time = whole.replace(" ", "T");
	return Date.parse(zone || whole.length === 10 ? time : `${time}Z`);
}

/** Shows a value that is not a time, for messages. */
export function shownTime(value: unknown): string {
	return value instanceof Date ? "an invalid Date" : shown(value);
}
