import type { Job } from "../../../api/index.ts";

/** How far a job is, for the eye and for a screen reader. */
export interface ProgressWords {
	/** The station and where in it. */
	text: string;
	/** The same without what changes at every step, for a live region. */
	station: string;
	/** Of the whole job, in [0, 1]; unknown while it waits. */
	share: number | undefined;
}

const STATIONS = {
	download: "Fetching the model",
	embeddings: "Reading the history",
	coreset: "Choosing the prompts that stand for it",
	profile: "Making the profile",
	steps: "Drawing",
} as const;
const UNITS = { download: "", embeddings: "prompts", coreset: "chosen", profile: "prompts", steps: "" } as const;

/** What drawing leaves of the bar to the stations before it. */
const BEFORE_DRAWING = 0.1;
const ORDER = ["download", "embeddings", "coreset", "profile"] as const;

export function progressWords({ status, ahead, progress, request }: Job): ProgressWords {
	if (status === "queued") {
		const text = ahead ? `Waiting: ${ahead} ${ahead === 1 ? "job" : "jobs"} ahead` : "Waiting to begin";
		return { text, station: text, share: undefined };
	}
	if (!progress) return { text: "Beginning", station: "Beginning", share: 0 };
	const { station, done, total, picture = 0 } = progress;
	const pictures = request.kind === "pictures" ? request.alphas.length : 0;
	const part = total > 0 ? Math.min(done / total, 1) : 0;
	if (station === "steps") {
		const drawing = pictures > 1 ? `Drawing picture ${picture + 1} of ${pictures}` : "Drawing";
		const share = BEFORE_DRAWING + ((1 - BEFORE_DRAWING) * (picture + part)) / Math.max(pictures, 1);
		return { text: `${drawing}: step ${done} of ${total}`, station: drawing, share };
	}
	const before = pictures > 0 ? BEFORE_DRAWING : 1;
	const share = (before * (ORDER.indexOf(station) + part)) / ORDER.length;
	const counted = station === "download" ? `${Math.round(part * 100)} %` : `${done} of ${total} ${UNITS[station]}`;
	return { text: `${STATIONS[station]}: ${counted}`.trim(), station: STATIONS[station], share };
}
