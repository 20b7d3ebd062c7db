import type { Warning } from "@drum/tensor";
import type { CallSides } from "./personalizable.ts";
import type { Profile } from "./profile.ts";

/** Of a degree of personalisation that nothing acts on. */
export function alphaUnused(profile: Profile | undefined): Warning {
	const empty = profile?.history.length
		? "the profile has nothing that is liked"
		: "the profile is of an empty history";
	const reason = profile ? empty : "there is no profile";
	return {
		code: "alpha-unused",
		what: "alpha",
		message: `alpha has no effect, because ${reason}: the prompt is taken as it is.`,
	};
}

/** Of the same for dislikes. */
export function negativeAlphaUnused(profile: Profile | undefined): Warning {
	const reason = profile ? "the profile has nothing that is disliked" : "there is no profile";
	return {
		code: "alpha-unused",
		what: "negativeAlpha",
		message: `negativeAlpha has no effect, because ${reason}.`,
	};
}

/** Of dislikes that nothing is drawn against. */
export function dislikesUnused(pipeline: string, sides: CallSides | undefined): Warning {
	const reason = sides ? "the call gives its negative condition itself" : `${pipeline} takes no negative condition`;
	return {
		code: "dislikes-unused",
		what: "profile",
		message: `What the profile's user dislikes has no effect, because ${reason}.`,
	};
}
