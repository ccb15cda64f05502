"use strict";

// Swagger UI over our own schema. In a signed-in browser "Try it out" goes by the session, so calls
// that change something carry the proof of origin; everywhere else "Authorize" takes a token.
const cookie = (name) =>
  document.cookie.split("; ").find((pair) => pair.startsWith(name + "="))?.slice(name.length + 1);

SwaggerUIBundle({
  url: "{{ schema_url|escapejs }}",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
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
