import { stat } from "node:fs/promises";
import type { EvaluationUser, LeftOutUser } from "@drum/eval";
import type { PaperData } from "@drum/eval-runs";
import { checkKey } from "@drum/hub";
import { ArgumentError, FileError } from "@drum/tensor";
import type { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";
import { evaluation, tiny } from "./packages.ts";

/** Users to evaluate, and how the paper treats their kind. */
export interface EvaluationData {
	readonly kind: Kind;
	/** For the reader of a report. */
	readonly text: string;
	/** The paper's columns that they are compared with. */
	readonly paper: PaperData | null;
	/** DrUM's degree for them. */
	readonly alpha: number;
	/** Whether the coreset is drawn by intensities. */
	readonly weighted: boolean;
	/** `onLeftOut` is called with each user who cannot be evaluated. */
	users(onLeftOut: (user: LeftOutUser) => void): AsyncIterable<EvaluationUser> | Promise<Iterable<EvaluationUser>>;
}

const KINDS = ["movielens", "pip", "histories", "tiny"] as const;
type Kind = (typeof KINDS)[number];

interface DataOptions {
	readonly data: string;
	readonly tmdb?: string | undefined;
	readonly seed: number;
}

const TINY_USERS = 5;
/** The paper's degree for prompts. */
const ALPHA = 0.3;

/**
 * Understands `--data`; nothing is read yet, but it is looked whether it is there.
 * @throws ArgumentError, FileError
 */
export async function evaluationData(
	{ data, tmdb, seed }: DataOptions,
	progress: Progress,
	{ env, signal }: Pick<Surroundings, "env" | "signal">,
): Promise<EvaluationData> {
	const [, name, place = ""] = /^([^:]*)(?::(.*))?$/s.exec(data)!;
	const kind = KINDS.find((each) => each === name);
	if (!kind || (kind !== "tiny" && place === "")) {
		const expected = "movielens:<folder>, pip:<folder>, histories:<file> or tiny[:users]";
		throw new ArgumentError({ what: "--data", expected, found: data });
	}
	if (tmdb !== undefined && kind !== "movielens") {
		throw new ArgumentError({ what: "--tmdb", expected: "--data movielens:<folder>", found: data });
	}
	if (kind === "tiny") return madeUp(place, seed);
	await checkPlace(place, kind !== "histories");
	const { readHistories, readMovieLens, readPIP, TMDBClient } = await evaluation();
	const prompts = { kind, paper: null, alpha: ALPHA, weighted: true };
	if (kind === "pip")
		return { ...prompts, text: "PIP", paper: "PIP", users: (onLeftOut) => readPIP(place, { onLeftOut }) };
	if (kind === "histories") {
		return { ...prompts, text: `histories of ${place}`, users: (onLeftOut) => readHistories(place, { onLeftOut }) };
	}
	const apiKey = tmdb === undefined ? undefined : checkKey("TMDB_API_KEY", env.TMDB_API_KEY);
	const client = tmdb === undefined ? undefined : new TMDBClient({ cache: tmdb, apiKey });
	const onProgress = (done: number, total: number) => progress.show("movies", done, total);
	return {
		...{ kind, paper: "ML", alpha: 0.1, weighted: false },
		text: `MovieLens latest-small${client ? " with TMDB's keywords and descriptions" : ", prompts of its own files"}`,
		users: (onLeftOut) => readMovieLens(place, { tmdb: client, signal, onProgress, onLeftOut }),
	};
}

function madeUp(place: string, seed: number): EvaluationData {
	const count = place === "" ? TINY_USERS : Number(place);
	if (!Number.isInteger(count) || count < 1 || count > 100_000) {
		throw new ArgumentError({ what: "--data tiny:<users>", expected: "an integer from 1 to 100000", found: place });
	}
	return {
		...{ kind: "tiny", text: "made-up users of @drum/tiny", paper: null, alpha: ALPHA, weighted: true },
		async users() {
			const { makeUsers } = await tiny();
			return makeUsers(count, seed).map(({ number, history, targets }) => ({
				id: String(number),
				history: history.map(({ prompt, intensity }) => ({ prompt, intensity })),
				targets: targets.map(({ prompt }) => prompt),
			}));
		},
	};
}

async function checkPlace(place: string, folder: boolean): Promise<void> {
	const found = await stat(place).catch(() => undefined);
	if (found && found.isDirectory() === folder) return;
	const expected = folder ? "a folder" : "a file";
	throw new FileError({ what: `--data ${place}`, expected, found: found ? "something else" : "nothing" });
}
