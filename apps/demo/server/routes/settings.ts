import { Settings } from "../../api/index.ts";
import { bytesOf } from "../../store/room.ts";
import type { App, Service } from "../service.ts";
import { refusals } from "./answers.ts";

export function settingsRoutes(app: App, { store, limits, captions }: Service): void {
	app.get("/settings", { schema: { response: { 200: Settings, ...refusals() } } }, async ({ user }) => ({
		jobPictures: limits.workOfJob,
		jobs: limits.jobsOfUser,
		histories: limits.historiesOfUser,
		entries: limits.entriesOfHistory,
		captions: captions.describes,
		storage: { most: limits.bytesOfUser, used: await bytesOf(store, user.id) },
		...(limits.keptDays !== undefined && { keptDays: limits.keptDays }),
	}));
}
