"use client";

import dynamic from "next/dynamic";

const Drawing = dynamic(() => import("./drawing.js"), { ssr: false });

export default function Page() {
	return <Drawing />;
}
