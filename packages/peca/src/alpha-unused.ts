import type { Warning } from "@drum/tensor";
import type { Profile } from "./profile.ts";

/** Of a degree of personalisation that nothing acts on. */
export function alphaUnused(profile: Profile | undefined): Warning {
	const reason = profile ? "the profile is of an empty history" : "there is no profile";
	return {
		code: "alpha-unused",
		what: "alpha",
		message: `alpha has no effect, because ${reason}: the prompt is taken as it is.`,
	};
}
