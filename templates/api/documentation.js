"use strict";

// Swagger UI over our own schema. In a signed-in browser "Try it out" goes by the session, so calls
// that change something carry the proof of origin; everywhere else "Authorize" takes a token.
const cookie = (name) =>
  document.cookie.split("; ").find((pair) => pair.startsWith(name + "="))?.slice(name.length + 1);

// A call's row is a button: its path is a text within, not a link; opened, it stands in the address
// all the same. The groups of calls are headings of the third level: they need one above. What stands
// before them lies in no landmark: it is the page's header.
const readable = ({ React }) => ({
  components: { DeepLink: ({ text }) => React.createElement("span", null, text) },
  wrapComponents: {
    InfoContainer: (Info) => (props) =>
      React.createElement("header", { role: "banner" }, React.createElement(Info, props)),
    operations: (Operations) => (props) =>
      React.createElement(
        React.Fragment,
        null,
        React.createElement(
          "h2",
          { className: "calls" },
          "{% translate 'Calls' as calls %}{{ calls|escapejs }}",
        ),
        React.createElement(Operations, props),
      ),
  },
});

SwaggerUIBundle({
  url: "{{ schema_url|escapejs }}",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [readable],
  layout: "BaseLayout",
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  requestInterceptor: (request) => {
    const sameSite = new URL(request.url, document.baseURI).origin === location.origin;
    const token = cookie("csrftoken");
    if (sameSite && token && !["GET", "HEAD"].includes(request.method)) {
      request.headers["{{ csrf_header_name|escapejs }}"] = token;
    }
    return request;
  },
});
