import { type DigitalSourceType, sourceTypeName, sourceTypeUri } from "./source-type.ts";

const EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";

/** An XMP packet that says how the picture came about. */
export function xmpOf(type: DigitalSourceType): string {
	return [
		'<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
		'<x:xmpmeta xmlns:x="adobe:ns:meta/">',
		'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
		`<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="${EXTENSION}">`,
		`<Iptc4xmpExt:DigitalSourceType>${sourceTypeUri(type)}</Iptc4xmpExt:DigitalSourceType>`,
		"</rdf:Description></rdf:RDF></x:xmpmeta>",
		'<?xpacket end="r"?>',
	].join("\n");
}

/**
 * What a packet gives as IPTC's DigitalSourceType: the term's name of IPTC's vocabulary, or else the text as it stands. It may be
 * written as an attribute, an element, or an element's resource, under any prefix of IPTC's namespace.
 */
export function sourceTypeInXmp(packet: string): string | undefined {
	for (const [, prefix = ""] of packet.matchAll(/xmlns:([\w.-]{1,64})\s*=\s*["']([^"']{0,200})["']/g)) {
		const [, value] = valueUnder(`${prefix}:DigitalSourceType`, packet) ?? [];
		if (value !== undefined && declares(prefix, packet)) return sourceTypeName(value.trim());
	}
	return undefined;
}

function declares(prefix: string, packet: string): boolean {
	return ['"', "'"].some((quote) => packet.includes(`xmlns:${prefix}=${quote}${EXTENSION}${quote}`));
}

/** The first place of the name that has a value; none longer than an address. */
function valueUnder(name: string, packet: string): RegExpExecArray | undefined {
	const escaped = name.replaceAll(".", "\\.");
	const forms = [
		`${escaped}\\s*=\\s*["']([^"']{1,500})["']`,
		`<${escaped}>([^<]{1,500})<`,
		`<${escaped}\\s[^>]{0,200}?resource\\s*=\\s*["']([^"']{1,500})["']`,
	];
	for (const form of forms) {
		const found = new RegExp(form).exec(packet);
		if (found) return found;
	}
	return undefined;
}
