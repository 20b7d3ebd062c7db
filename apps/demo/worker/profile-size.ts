import { profileSize } from "@drum/coreset";
import { type Encoders, type Mix, mixInputs } from "@drum/peca";
import type { JobRequest } from "../api/index.ts";
import { profileTooLarge } from "./problems.ts";

const FLOAT = 4;
/** Of a profile's file. */
const MOST_BYTES = 2 ** 28;

/** @throws JobProblem where the coreset of so many entries is more than is kept: told before anything is encoded. */
export function checkProfileSize(
	{ mix, encoders }: { mix: Mix; encoders: Encoders },
	entries: readonly { readonly intensity: number }[],
	{ ratio, size }: Pick<JobRequest, "ratio" | "size">,
): void {
	const states = mixInputs(mix).map(
		({ encoder }) => (encoders[encoder]?.tokens ?? 0) * (encoders[encoder]?.width ?? 0),
	);
	const reference = FLOAT * states.reduce((sum, each) => sum + each, 0);
	const disliked = entries.filter(({ intensity }) => intensity < 0).length;
	const share = size === undefined ? { ratio } : { size };
	const asked = profileSize(entries.length - disliked, share) + profileSize(disliked, share);
	const most = Math.floor(MOST_BYTES / reference);
	if (asked > most) throw profileTooLarge(asked, most);
}
