import type { Warning } from "@drum/tensor";
import type { CallSides } from "./personalizable.ts";
import type { Profile } from "./profile.ts";

/** The warning for an `alpha` that has no effect. */
export function alphaUnused(profile: Profile | undefined): Warning {
	const empty = profile?.history.length ? "the profile has no liked prompts" : "the profile's history is empty";
	const reason = profile ? empty : "there is no profile";
	return {
		code: "alpha-unused",
		what: "alpha",
		message: `alpha has no effect, because ${reason}: the prompt is used as it is.`,
	};
}

/** The warning for a `negativeAlpha` that has no effect. */
export function negativeAlphaUnused(profile: Profile | undefined): Warning {
	const reason = profile ? "the profile has no disliked prompts" : "there is no profile";
	return {
		code: "alpha-unused",
		what: "negativeAlpha",
		message: `negativeAlpha has no effect, because ${reason}.`,
	};
}

/** The warning for a profile's dislikes that cannot steer anything. */
export function dislikesUnused(pipeline: string, sides: CallSides | undefined): Warning {
	const reason = sides ? "the call has its own negative condition" : `${pipeline} takes no negative condition`;
	return {
		code: "dislikes-unused",
		what: "profile",
		message: `The profile's dislikes have no effect, because ${reason}.`,
	};
}
