/* global SwaggerUIBundle */
SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#reader",
  deepLinking: true,
  filter: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
