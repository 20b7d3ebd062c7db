import type { Warning } from "@drum/tensor";
import { env } from "@huggingface/transformers";

interface RevisionOptions {
	readonly revision?: string | undefined;
	readonly onWarning?: ((warning: Warning) => void) | undefined;
}

/** What transformers.js takes as a hub id, and looks for in `env.localModelPath` first. Anything else is a path or an address. */
const HUB_ID = /^(?:\w[\w.-]*\/)?\w[\w.-]*$/;

/** Warns if a revision was given for an export on this machine, which has no revisions. */
export async function warnUnusedRevision(source: string, { revision, onWarning }: RevisionOptions): Promise<void> {
	if (revision === undefined || !onWarning || !(await isLocal(source))) return;
	const message = `revision has no effect because ${source} is a folder on this machine.`;
	onWarning({ code: "option-unused", what: "revision", message });
}

async function isLocal(source: string): Promise<boolean> {
	if (!env.allowLocalModels) return false;
	const folder = HUB_ID.test(source) ? `${env.localModelPath}/${source}` : source;
	// Not imported, so that a browser's bundle has nothing of Node.js.
	const fs = globalThis.process?.getBuiltinModule?.("node:fs/promises");
	if (!fs) return folder === source && !/^https?:/.test(source);
	return fs.access(`${folder}/config.json`).then(
		() => true,
		() => false,
	);
}
