const UNITS = ["bytes", "kB", "MB", "GB", "TB"] as const;

/** A size in words, in powers of ten as hubs and disks have it: `2.6 GB`. */
export function bytesInWords(bytes: number): string {
	let [value, unit] = [bytes, 0];
	for (; value >= 999.5 && unit < UNITS.length - 1; unit++) value /= 1000;
	return `${value < 9.95 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}
