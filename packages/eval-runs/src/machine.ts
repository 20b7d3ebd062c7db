import { cpus } from "node:os";

/** Names this machine in a report. */
export function machineName(): string {
	return `${cpus().length} × ${cpus()[0]?.model.trim() ?? "an unknown processor"}, Node.js ${process.version}`;
}
