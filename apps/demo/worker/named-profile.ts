import { Profile } from "@drum/pipeline";
import { usableProfile } from "../store/named-profiles.ts";
import { profileGone } from "./problems.ts";
import { type ProfileWork, readyProfile } from "./ready-profile.ts";

/**
 * The profile that a job names: that of its owner's history, or the blend of several. `foreign` where that is another user, who need not
 * see its prompts.
 */
export async function namedProfile(work: ProfileWork, id: string): Promise<{ profile: Profile; foreign: boolean }> {
	const { store, claim, signal } = work;
	const named = await usableProfile(store.kysely, claim.userId, id);
	if (!named) throw profileGone();
	const { ownerId, parts } = named;
	const profiles: { profile: Profile; weight: number }[] = [];
	for (const { historyId, weight } of parts) {
		const own = { ...claim, userId: ownerId, historyId };
		// What the owner's history is, the job does not tell.
		profiles.push({ profile: await readyProfile({ ...work, claim: own, onStored: async () => {} }), weight });
	}
	const profile = profiles.length === 1 ? profiles[0]!.profile : await Profile.blend(profiles, { signal });
	return { profile, foreign: ownerId !== claim.userId };
}
