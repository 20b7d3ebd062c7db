import { onContentUpdated, type Theme } from "vitepress";
import DefaultTheme from "vitepress/theme";
import { onMounted } from "vue";
import { removeBarriers } from "./barriers.ts";
import DecisionList from "./DecisionList.vue";
import TryIt from "./TryIt.vue";
import "./style.css";

export default {
	extends: DefaultTheme,
	setup() {
		onMounted(removeBarriers);
		onContentUpdated(removeBarriers);
	},
	enhanceApp({ app }) {
		app.component("DecisionList", DecisionList);
		app.component("TryIt", TryIt);
	},
} satisfies Theme;
