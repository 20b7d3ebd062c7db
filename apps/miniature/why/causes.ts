import type { Estimate } from "@drum/eval";
import { type Answer, all, falls, isLittle, rises } from "../answers.ts";
import { estimateOf } from "../results.ts";
import { STRONGER } from "./measure-user.ts";
import type { Row } from "./studies.ts";
import { DEGREES, type MeasuredUser } from "./why-results.ts";

/** What a cause would lie in. */
export type Suspect = "the users" | "the model" | "the reading of the paper" | "which references" | "the degree";

/** One thing that is changed; the rows of all users before and after are compared. */
export interface Cause {
	/** Undefined where nothing is changed. */
	readonly suspect?: Suspect | undefined;
	readonly changed: string;
	/** Beginning of the rows' names. */
	readonly kind: string;
}

/** For "They are nearer to the target too": `<kind>, plain` beside `<kind>, DrUM`. */
export const TARGET_CAUSES: readonly Cause[] = [
	{ changed: "nothing: the prompt leaves the taste open and is scored as it is", kind: "open" },
	{
		suspect: "the reading of the paper",
		changed: "the same pictures, scored against the prompt that says the taste",
		kind: "meant",
	},
	{ suspect: "the users", changed: "the prompt says the taste", kind: "said" },
	{
		suspect: "the reading of the paper",
		changed: "the two newest entries are the targets (paper 5.2)",
		kind: "newest",
	},
	{ suspect: "the reading of the paper", changed: "their abbreviations are drawn and scored", kind: "query" },
	{
		suspect: "the reading of the paper",
		changed: "their abbreviations are drawn, the entries scored",
		kind: "query meant",
	},
	{
		suspect: "the users",
		changed: "the newest entries, and before them 15 tries of each with one thing changed",
		kind: "tried",
	},
	{ suspect: "the model", changed: "the newest entries, drawn without classifier-free guidance", kind: "newest, weak" },
	{ suspect: "the model", changed: "the tries, drawn without classifier-free guidance", kind: "tried, weak" },
];

/** For "With the whole history in place of the coreset little changes". */
export interface Exchange extends Cause {
	/** Rows' names. */
	readonly before: string;
	readonly after: string;
}

export const HISTORY_CAUSES: readonly Exchange[] = [
	{ changed: "nothing", kind: "open", before: "open, DrUM", after: "open, whole" },
	{
		suspect: "which references",
		changed: "as many references at random in place of the coreset",
		kind: "open",
		before: "open, random",
		after: "open, whole",
	},
	{
		suspect: "the degree",
		changed: `the whole history at α = ${STRONGER}`,
		kind: "open",
		before: "open, DrUM",
		after: "open, whole, stronger",
	},
	{
		suspect: "the users",
		changed: "every entry is liked the same, as in PIP",
		kind: "even",
		before: "even, DrUM",
		after: "even, whole",
	},
	{
		suspect: "the users",
		changed: "a longer history",
		kind: "long",
		before: "long, DrUM",
		after: "long, whole",
	},
	{
		suspect: "the reading of the paper",
		changed: "the two newest entries are the targets",
		kind: "newest",
		before: "newest, DrUM",
		after: "newest, whole",
	},
	{
		suspect: "the users",
		changed: "15 tries of each newest entry, liked the same",
		kind: "tried",
		before: "tried, DrUM",
		after: "tried, whole",
	},
];

/** A score of one row. */
type Pick = (row: Row) => number;

export const target: Pick = ({ clip }) => clip!.target;
export const history: Pick = ({ clip }) => clip!.history;

type Users = readonly MeasuredUser[];

/** The mean of a score over users. */
export function meanOf(users: Users, name: string, pick: Pick): Estimate {
	return estimateOf(users.map(({ rows }) => pick(rows[name]!)));
}

/** How much higher a score is in one row than in another, user by user. */
export function change(users: Users, after: string, before: string, pick: Pick): Estimate {
	return estimateOf(users.map(({ rows }) => pick(rows[after]!) - pick(rows[before]!)));
}

/** How much more a kind's target gains by DrUM than the report's. */
export function beside(users: Users, { kind }: Cause): Estimate {
	const gain = ({ rows }: MeasuredUser, of: string) => target(rows[`${of}, DrUM`]!) - target(rows[`${of}, plain`]!);
	return estimateOf(users.map((user) => gain(user, kind) - gain(user, "open")));
}

/** Whether personalised pictures are nearer to the target, with the change. */
export function nearer(users: Users, { kind }: Cause): Answer {
	return rises(change(users, `${kind}, DrUM`, `${kind}, plain`, target));
}

/** Whether it makes little difference to take the other references, with the change. */
export function alike(users: Users, { before, after }: Exchange): Answer {
	const little = (pick: Pick) => isLittle(change(users, after, before, pick), meanOf(users, before, pick).value);
	return all(little(target), little(history));
}

/** Of pairs of prompts: the mean score at each degree, and each step's change. */
export function between(users: Users, key: "target" | "history") {
	const pairs = users.flatMap((user) => user.pairs);
	const at = DEGREES.map((_, i) => estimateOf(pairs.map((scores) => scores[i]![key])));
	const steps = DEGREES.slice(1).map((_, i) => estimateOf(pairs.map((of) => of[i + 1]![key] - of[i]![key])));
	return { at, steps };
}

/** Whether each step of the degree leads from the target to the reference. */
export function evenly(users: Users): Answer {
	return all(...between(users, "target").steps.map(falls), ...between(users, "history").steps.map(rises));
}
