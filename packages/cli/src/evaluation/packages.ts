import { ArgumentError } from "@drum/tensor";

// What not all need is a package of its own. Most who draw pictures measure none: what measuring takes, a Postgres and DuckDB among it, is 130 MB that they need not install.

/** The metrics, data sets and plots of `@drum/eval`. */
export const evaluation = () => installed("@drum/eval", () => import("@drum/eval"));

/** The runs of `@drum/eval-runs`, which also write Parquet files. */
export async function evaluationRuns() {
	await installed("@duckdb/node-api", async () => import.meta.resolve("@duckdb/node-api"));
	return installed("@drum/eval-runs", () => import("@drum/eval-runs"));
}

/** The small model, and its made-up users. */
export const tiny = () => installed("@drum/tiny", () => import("@drum/tiny"));

/** Image-to-text models by transformers.js. */
export const transformersCaptioner = () =>
	installed(
		"@huggingface/transformers",
		() => import("@drum/captions/transformers"),
		"npm install --global @drum/cli @huggingface/transformers",
	);

/** Whether that package is missing, and not one that it needs. */
export function isMissing(name: string, error: unknown): boolean {
	if (!(error instanceof Error)) return false;
	const { code, message } = error as NodeJS.ErrnoException;
	return (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") && message.includes(`'${name}'`);
}

/** Signatures by C2PA, whose native library is 48 MB. */
export const mark = () =>
	installed("@drum/mark", () => import("@drum/mark"), "npm install --global @drum/cli @drum/mark");

const EVALUATION = "npm install --global @drum/cli @drum/eval @drum/eval-runs @drum/tiny @duckdb/node-api";

async function installed<T>(name: string, load: () => Promise<T>, next = EVALUATION): Promise<T> {
	try {
		return await load();
	} catch (error) {
		if (!isMissing(name, error)) throw error;
		throw new ArgumentError({ what: name, expected: "to be installed", found: "none", next, cause: error });
	}
}
