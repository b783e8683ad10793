// The one default policy of Trusted Types. htmx turns answers of our own server into elements and
// would throw without it; what could run as a script is refused, whoever asks.
"use strict";
if (window.trustedTypes && window.trustedTypes.createPolicy) {
  const runnable = /<\s*(script|iframe|object|embed|base)\b|<[^>]+\son[a-z]+\s*=|javascript:/i;
  window.trustedTypes.createPolicy("default", {
    createHTML: (html) => {
      if (runnable.test(html)) {
        throw new TypeError("HTML holding something that runs is refused");
      }
      return html;
    },
    createScript: () => {
      throw new TypeError("a script made of text is refused");
    },
    createScriptURL: () => {
      throw new TypeError("a script address made of text is refused");
    },
  });
}
