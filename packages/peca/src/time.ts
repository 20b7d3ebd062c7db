import { shown } from "@drum/tensor";

/** What the time of a row may be called, in a row and in a file. */
export const TIME_NAMES = ["at", "timestamp"] as const;

/** Which names of times a row has a value under. */
export function timeNames(row: Readonly<Record<string, unknown>>): (typeof TIME_NAMES)[number][] {
	return TIME_NAMES.filter((name) => row[name] !== undefined && row[name] !== null);
}

/** What a time is, for messages. */
export const TIMES = "a time: a Date, ISO 8601 such as 2026-03-01T18:30:00Z, or seconds or milliseconds since 1970";

/** A date, or a date with a time of day, which is in UTC where it does not say otherwise. */
const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;
/** Numbers below are seconds: as such they reach to the year 5138, and as milliseconds from 1973 on. */
const MILLISECONDS_FROM = 1e11;

/** The time of a row as ISO 8601 in UTC; undefined for none, null for what is no time. */
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

/** What stands in a time's place, for messages. */
export function shownTime(value: unknown): string {
	return value instanceof Date ? "an invalid Date" : shown(value);
}
