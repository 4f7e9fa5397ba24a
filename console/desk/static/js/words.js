// Every word of the page, in English and Chinese, and the language that is shown.

const WORDS = {
  skip: ["Skip to the photos", "跳到照片列表"],
  help: ["Shortcuts", "快捷键"],
  language: ["中文", "English"],
  themeAuto: ["Theme: automatic", "主题：自动"],
  themeLight: ["Theme: light", "主题：浅色"],
  themeDark: ["Theme: dark", "主题：深色"],
  dropHere: ["Drop photos or folders here", "将照片或文件夹拖到此处"],
  choosePhotos: ["Choose photos", "选择照片"],
  chooseFolder: ["Choose a folder", "选择文件夹"],
  chosen: ["{count} {count|file|files}, {megabytes} MB", "已选择 {count} 个文件，{megabytes} MB"],
  capability: ["Capability", "能力"],
  notSetUp: ["not set up", "未开通"],
  unset: ["(usual)", "（默认）"],
  ownFolder: ["Folder of your own", "自定义文件夹"],
  listings: ["Listing pictures", "商品图"],
  selectedCount: ["{count} chosen", "已选 {count} 种"],
  notListable: ["None can be made with this capability and these options.", "该能力和选项无法制作商品图。"],
  companion: ["Beside each photo it needs a second picture, called <photo>.{role}.png, or _{role}.png for a folder.", "每张照片旁需要第二张图片：<照片名>.{role}.png；整个文件夹共用时命名为 _{role}.png。"],
  areas: ["{name} lies beside the photo, as <photo>.{name}.json", "{name} 写在照片旁的 <照片名>.{name}.json 文件中"],
  price: ["{count} {count|photo|photos}, {yuan} yuan", "{count} 张照片，费用 {yuan} 元"],
  priceUnknown: ["{count} {count|photo|photos}; what a call costs is not known: see the setting PRICES", "{count} 张照片；调用单价未知，可用 PRICES 设置"],
  thereAlready: ["{count} {count|file is|files are} in the bucket already", "{count} 个文件已在 Bucket 中"],
  sameName: ["{count} files have this name: none of them is sent", "有 {count} 个同名文件，均不上传"],
  upload: ["Upload", "上传"],
  stop: ["Stop", "停止"],
  sent: ["{sent} of {all}", "{sent}/{all}"],
  sentAll: ["Uploaded {sent}; {there} were there already.", "已上传 {sent} 个，{there} 个已存在。"],
  stopped: ["Stopped. What was uploaded is there; upload again to go on.", "已停止，已上传的保留；再次上传会继续。"],
  notSent: ["{count} could not be uploaded: upload again to go on.", "{count} 个未能上传，再次上传会继续。"],
  photos: ["Photos", "照片"],
  search: ["Search names, codes and messages", "搜索文件名、代码和说明"],
  order: ["Order", "排序"],
  anyCapability: ["All capabilities", "全部能力"],
  anyTime: ["Any time", "不限时间"],
  lastDay: ["Last 24 hours", "最近 24 小时"],
  lastWeek: ["Last 7 days", "最近 7 天"],
  lastMonth: ["Last 30 days", "最近 30 天"],
  what: ["What is downloaded", "下载内容"],
  what_all: ["cutouts and listing pictures", "抠图结果和商品图"],
  what_cutouts: ["cutouts", "抠图结果"],
  what_listings: ["listing pictures", "商品图"],
  orderNew: ["Newest first", "最新在前"],
  orderOld: ["Oldest first", "最早在前"],
  orderName: ["By name", "按名称"],
  all: ["All", "全部"],
  under_way: ["Under way", "处理中"],
  failed: ["Failed", "失败"],
  rejected: ["Rejected", "未受理"],
  look: ["To look at", "待查看"],
  done: ["Done", "成功"],
  uploaded: ["uploaded", "已上传"],
  claimed: ["being served", "处理中"],
  waiting: ["waits", "排队中"],
  blocked: ["needs you", "需要处理"],
  submitted: ["with the vendor", "服务商处理中"],
  fetching: ["result on its way", "取回结果中"],
  unstored: ["cannot be stored", "无法保存"],
  stage_done: ["done", "成功"],
  stage_failed: ["failed", "失败"],
  stage_rejected: ["rejected", "未受理"],
  stage_look: ["look at it", "待查看"],
  pick: ["Select {name}", "选择 {name}"],
  noPicture: ["no preview", "无法预览"],
  notYet: ["no result yet", "暂无结果"],
  noPhotos: ["No photo yet: drop some above.", "还没有照片：请拖到上方。"],
  noneFound: ["No photo is like that.", "没有符合条件的照片。"],
  shown: ["{shown} of {total} shown", "已显示 {shown}/{total}"],
  reading: ["Reading receipts: {count} …", "正在读取回执：{count} 份……"],
  statusIdle: ["Nothing waits, and nothing is under way.", "没有任务在排队或处理中。"],
  statusMoving: ["{under_way} under way.", "{under_way} 个处理中。"],
  statusWaiting: ["{under_way} under way, of which {waiting} {waiting|waits|wait}{left}.", "{under_way} 个处理中，其中 {waiting} 个在排队{left}。"],
  minutesLeft: [", about {minutes} min to the end", "，预计还需 {minutes} 分钟"],
  refused: ["This page belongs to a desk that has ended. Open the address that the new desk printed.", "本页所属的工作台已结束。请打开新工作台给出的地址。"],
  lost: ["The desk does not answer: is it still running?", "工作台无响应：请确认它仍在运行。"],
  trouble: ["The bucket cannot be looked at: {message}", "无法查看 Bucket：{message}"],
  selected: ["{count} selected", "已选择 {count} 张"],
  selectShown: ["Select all shown", "选择已显示的全部"],
  clear: ["Clear", "取消选择"],
  download: ["Download", "下载"],
  redo: ["Redo", "重新处理"],
  forget: ["Forget", "清除"],
  close: ["Close", "关闭"],
  previous: ["Previous", "上一张"],
  next: ["Next", "下一张"],
  photo: ["photo", "原图"],
  result: ["result", "结果"],
  slider: ["How much of the photo is shown over the result", "原图与结果的分界位置"],
  checker: ["Checkerboard", "棋盘格"],
  white: ["White", "白底"],
  black: ["Black", "黑底"],
  full: ["100 %", "100 %"],
  scroll: ["The pictures at 100 %", "100 % 显示的图片"],
  alt: ["{what} of {name}", "{name}（{what}）"],
  key: ["upload", "上传"],
  options: ["options", "选项"],
  cost: ["calls", "调用"],
  costs: ["{attempts}, {yuan} yuan each", "{attempts} 次，每次 {yuan} 元"],
  finished: ["finished", "完成时间"],
  request: ["request id", "请求 ID"],
  code: ["code", "代码"],
  redoTitle: ["Serve {count} {count|photo|photos} once more?", "重新处理 {count} 张照片？"],
  redoPrice: ["That costs {yuan} yuan.", "费用 {yuan} 元。"],
  redoUnpriced: ["What {count} of the calls cost is not known.", "其中 {count} 次调用的价格未知。"],
  redoSkipped: ["{count} of those chosen are not redone: {why}", "其中 {count} 张不会重新处理：{why}"],
  redoNone: ["None of these can be redone.", "这些照片都不能重新处理。"],
  redone: ["{count} {count|photo is|photos are} served once more.", "{count} 张照片将重新处理。"],
  forgetTitle: ["Forget {count} {count|photo|photos}?", "清除 {count} 张照片？"],
  forgetText: ["The photos, their results, receipts and listing pictures are deleted for good:", "照片、结果、回执和商品图将被永久删除："],
  forgotten: ["Forgotten: {count} {count|object was|objects were} deleted.", "已清除：删除了 {count} 个对象。"],
  cancel: ["Cancel", "取消"],
  helpArrows: ["from photo to photo", "在照片间移动"],
  helpEnter: ["open", "打开"],
  helpX: ["select", "选择"],
  helpSlash: ["search", "搜索"],
  helpEscape: ["close", "关闭"],
  helpQuestion: ["this list", "显示本列表"],
  box: ["The cloud in a box: faults, ledger, clock", "本机模拟云：故障、账单、时钟"],
  faults: ["Faults", "故障"],
  ledger: ["Billed by the stand-ins", "模拟服务商的计费"],
  none: ["nothing yet", "暂无"],
  clock: ["clock: {time}", "时钟：{time}"],
};

let language = localStorage.getItem("language") || "en";

export const current = () => language;

export function use(name) {
  language = name === "zh" ? "zh" : "en";
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = t(element.dataset.word);
  }
}

export function switchLanguage() {
  use(language === "zh" ? "en" : "zh");
  localStorage.setItem("language", language);
}

// The word called `name`, with `facts` in its places: `{count}` is one, and `{count|photo|photos}` a word that goes with it.
export function t(name, facts = {}) {
  const pair = WORDS[name];
  if (!pair) throw new Error(`no word ${name}`);
  return pair[language === "zh" ? 1 : 0].replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (_, fact, one, many) => {
    const value = String(facts[fact]);
    return many === undefined ? value : value === "1" ? one : many;
  });
}

// A message of the server's, {en, zh}, in the language that is shown.
export const said = (message) => (message ? message[language] || message.en || "" : "");
