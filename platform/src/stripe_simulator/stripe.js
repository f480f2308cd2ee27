// A stand-in for Stripe.js on pages that talk to the simulator: a Payment Element that takes test cards, and the calls
// that finish a payment. The same page works with https://js.stripe.com: only the script's address differs.
(() => {
  "use strict";

  // The script lies at <base>/v3/ or <base>/<release>/stripe.js, as Stripe's own; the API at <base>/v1.
  const base = new URL(document.currentScript.src).href.replace(/\/(v3\/?|[a-z]+\/stripe\.js)([?#].*)?$/, "");
  const CARD_FIELDS = [
    { name: "number", label: "Card number", autocomplete: "cc-number", placeholder: "1234 1234 1234 1234" },
    { name: "expiry", label: "Expiration date", autocomplete: "cc-exp", placeholder: "MM / YY" },
    { name: "cvc", label: "Security code", autocomplete: "cc-csc", placeholder: "CVC" },
  ];

  const intentOf = (clientSecret) => clientSecret.split("_secret_")[0];

  // { a: { b: 1 } } becomes a[b]=1, which is how Stripe's API takes its parameters.
  function encode(fields, outer = "", into = new URLSearchParams()) {
    for (const [name, value] of Object.entries(fields)) {
      const path = outer ? `${outer}[${name}]` : name;
      if (value !== null && typeof value === "object") encode(value, path, into);
      else if (value !== undefined && value !== null) into.append(path, value);
    }
    return into;
  }

  class Element {
    constructor(type) {
      this.type = type;
      this.inputs = {};
      this.listeners = {};
    }

    mount(target) {
      this.root = typeof target === "string" ? document.querySelector(target) : target;
      for (const { name, label, autocomplete, placeholder } of CARD_FIELDS) {
        const input = Object.assign(document.createElement("input"), { name, autocomplete, placeholder, required: true });
        input.inputMode = "numeric";
        input.id = `stripe-${name}`;
        input.addEventListener("input", () => this.emit("change", this.state()));
        const caption = Object.assign(document.createElement("label"), { htmlFor: input.id, textContent: label });
        const row = document.createElement("div");
        row.append(caption, input);
        this.root.append(row);
        this.inputs[name] = input;
      }
      queueMicrotask(() => this.emit("ready", { elementType: this.type }));
    }

    state() {
      const filled = Object.values(this.inputs).map((input) => input.value.trim() !== "");
      return { elementType: this.type, complete: filled.every(Boolean), empty: !filled.some(Boolean), value: { type: "card" } };
    }

    card() {
      const [month, year] = this.inputs.expiry.value.split("/").map((part) => part.trim());
      const number = this.inputs.number.value.replace(/\s/g, "");
      return { number, exp_month: month, exp_year: year, cvc: this.inputs.cvc.value.trim() };
    }

    emit(name, detail) {
      for (const listener of this.listeners[name] ?? []) listener(detail);
    }

    on(name, listener) {
      (this.listeners[name] ??= new Set()).add(listener);
      return this;
    }

    off(name, listener) {
      this.listeners[name]?.delete(listener);
      return this;
    }

    update() {}
    focus() { this.inputs.number?.focus(); }
    clear() { for (const input of Object.values(this.inputs)) input.value = ""; }
    unmount() { this.root?.replaceChildren(); }
    destroy() { this.unmount(); }
  }

  class Elements {
    constructor(options) {
      this.options = options;
      this.element = null;
    }

    create(type) {
      this.element = new Element(type);
      return this.element;
    }

    getElement() { return this.element; }
    update(options) { Object.assign(this.options, options); }

    async submit() {
      if (this.element?.state().complete) return { selectedPaymentMethod: "card" };
      return { error: { type: "validation_error", code: "incomplete_number", message: "Your card number is incomplete." } };
    }
  }

  // Shows the 3-D Secure page over the shop's page, and comes back when the cardholder has answered.
  function challenge(url, intent) {
    const dialog = document.createElement("dialog");
    const frame = Object.assign(document.createElement("iframe"), { src: url, title: "3-D Secure", width: 400, height: 300 });
    dialog.append(frame);
    document.body.append(dialog);
    dialog.showModal();
    return new Promise((resolve) => {
      addEventListener("message", function answered(event) {
        if (event.source !== frame.contentWindow || event.data.threeDSecure !== intent) return;
        removeEventListener("message", answered);
        dialog.remove();
        resolve();
      });
    });
  }

  function Stripe(publishableKey) {
    async function call(method, path, fields) {
      const query = encode(fields);
      const url = `${base}/v1/${path}`;
      const headers = { Authorization: `Bearer ${publishableKey}` };
      try {
        const response = await (method === "GET"
          ? fetch(`${url}?${query}`, { headers })
          : fetch(url, { method, headers, body: query }));
        const body = await response.json();
        return response.ok ? { paymentIntent: body } : { error: body.error };
      } catch (failure) {
        return { error: { type: "api_connection_error", message: String(failure) } };
      }
    }

    const retrieve = (clientSecret) =>
      call("GET", `payment_intents/${intentOf(clientSecret)}`, { client_secret: clientSecret });

    const confirm = (clientSecret, fields) =>
      call("POST", `payment_intents/${intentOf(clientSecret)}/confirm`, { client_secret: clientSecret, ...fields });

    async function authenticate(clientSecret, result) {
      const action = result.paymentIntent?.next_action;
      if (action?.type !== "use_stripe_sdk") return result;
      await challenge(action.use_stripe_sdk.stripe_js, intentOf(clientSecret));
      const after = await retrieve(clientSecret);
      const failed = after.paymentIntent?.status === "requires_payment_method" && after.paymentIntent.last_payment_error;
      return failed ? { error: { ...failed, payment_intent: after.paymentIntent } } : after;
    }

    function comeBack(intent, returnUrl) {
      const url = new URL(returnUrl, location.href);
      url.searchParams.set("payment_intent", intent.id);
      url.searchParams.set("payment_intent_client_secret", intent.client_secret);
      url.searchParams.set("redirect_status", "succeeded");
      location.assign(url);
      return new Promise(() => {});
    }

    async function confirmPayment({ elements, clientSecret, confirmParams = {}, redirect = "always" }) {
      const secret = clientSecret ?? elements.options.clientSecret;
      const fields = { ...confirmParams };
      if (elements && !fields.payment_method) {
        fields.payment_method_data = { ...fields.payment_method_data, type: "card", card: elements.getElement().card() };
      }
      const result = await confirm(secret, fields);
      if (result.error) return result;
      const action = result.paymentIntent.next_action;
      if (action?.type === "redirect_to_url" && action.redirect_to_url.return_url) {
        location.assign(action.redirect_to_url.url);
        return new Promise(() => {});
      }
      return redirect === "always" ? comeBack(result.paymentIntent, confirmParams.return_url) : result;
    }

    async function confirmCardPayment(clientSecret, { payment_method: method, return_url, setup_future_usage } = {}) {
      const fields = { use_stripe_sdk: true, return_url, setup_future_usage };
      if (typeof method === "string") fields.payment_method = method;
      else if (method?.card) {
        const { card, billing_details } = method;
        fields.payment_method_data = { type: "card", card: card instanceof Element ? card.card() : card, billing_details };
      }
      return authenticate(clientSecret, await confirm(clientSecret, fields));
    }

    async function createPaymentMethod({ elements, card, params = {}, ...rest }) {
      const source = elements?.getElement() ?? card;
      const fields = { type: "card", ...params, ...rest, card: source instanceof Element ? source.card() : source };
      const { paymentIntent: paymentMethod, error } = await call("POST", "payment_methods", fields);
      return error ? { error } : { paymentMethod };
    }

    return {
      elements: (options = {}) => new Elements({ ...options }),
      confirmPayment,
      confirmCardPayment,
      createPaymentMethod,
      // Not simulated; React's bindings take a page's `stripe` for real by this name too.
      createToken: async () => ({ error: { type: "invalid_request_error", message: "Tokens are not simulated." } }),
      retrievePaymentIntent: retrieve,
      handleNextAction: async ({ clientSecret }) => authenticate(clientSecret, await retrieve(clientSecret)),
      registerAppInfo() {},
      _registerWrapper() {},
    };
  }

  // The release that @stripe/stripe-js expects; it warns of any other.
  Stripe.version = "endive";
  window.Stripe = Stripe;
})();
