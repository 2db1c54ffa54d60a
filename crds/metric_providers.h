// The backends that a metric may ask, each with what its author writes for it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crds/analysis_input.h"
#include "crds/raw_json.h"
#include "crds/seldom.h"
#include "kube/int_or_string.h"

namespace sluice::crds {

struct HttpHeader {
  std::string key;
  std::string value;
  bool operator==(const HttpHeader&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("key", self.key);
    visit.required("value", self.value);
  }
};

struct BasicAuthentication {
  std::string username;
  std::string password;
  bool operator==(const BasicAuthentication&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("username", self.username);
    visit("password", self.password);
  }
};

struct SigV4Authentication {
  std::string region;
  std::string profile;
  std::string role_arn;
  bool operator==(const SigV4Authentication&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("region", self.region);
    visit("profile", self.profile);
    visit("roleArn", self.role_arn);
  }
};

struct OAuth2Authentication {
  std::string token_url;
  std::string client_id;
  std::string client_secret;
  std::vector<std::string> scopes;
  bool operator==(const OAuth2Authentication&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("tokenUrl", self.token_url);
    visit("clientId", self.client_id);
    visit("clientSecret", self.client_secret);
    visit("scopes", self.scopes);
  }
};

struct Authentication {
  BasicAuthentication basic_auth;
  SigV4Authentication sigv4;
  OAuth2Authentication oauth2;
  bool operator==(const Authentication&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("basicAuth", self.basic_auth);
    visit("sigv4", self.sigv4);
    visit("oauth2", self.oauth2);
  }
};

// Start and end are expressions of time, the step is a Go duration.
struct PrometheusRangeQuery {
  std::string start;
  std::string end;
  std::string step;
  bool operator==(const PrometheusRangeQuery&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("start", self.start);
    visit("end", self.end);
    visit("step", self.step);
  }
};

struct PrometheusMetric {
  std::string address;
  std::string query;
  Authentication authentication;
  std::optional<std::int64_t> timeout;  // seconds; 30 when absent
  bool insecure = false;                // the certificate is not verified
  std::vector<HttpHeader> headers;
  std::optional<PrometheusRangeQuery> range_query;
  bool operator==(const PrometheusMetric&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("address", self.address);
    visit("query", self.query);
    visit("authentication", self.authentication);
    visit("timeout", self.timeout);
    visit("insecure", self.insecure);
    visit("headers", self.headers);
    visit("rangeQuery", self.range_query);
  }
};

struct JobMetric {
  Metadata metadata;  // labels and annotations for the Job
  RawJson spec;       // a batch/v1 JobSpec
  bool operator==(const JobMetric&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.metadata);
    visit.required("spec", self.spec);
  }
};

// Any HTTP server that answers with JSON or text.
struct WebMetric {
  std::string url;
  std::string method;  // GET when empty
  std::vector<HttpHeader> headers;
  std::string body;
  RawJson json_body;
  std::optional<std::int64_t> timeout_seconds;  // 10 when absent
  std::string json_path;                        // the whole answer when empty
  bool insecure = false;
  Authentication authentication;
  bool operator==(const WebMetric&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("url", self.url);
    visit("method", self.method);
    visit("headers", self.headers);
    visit("body", self.body);
    visit("jsonBody", self.json_body);
    visit("timeoutSeconds", self.timeout_seconds);
    visit("jsonPath", self.json_path);
    visit("insecure", self.insecure);
    visit("authentication", self.authentication);
  }
};

// The Secret with the keys of Datadog: in the namespace of the run when `namespaced`, else in the controller's.
struct DatadogSecret {
  std::string name;
  bool namespaced = false;
  bool operator==(const DatadogSecret&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("namespaced", self.namespaced);
  }
};

struct DatadogMetric {
  std::string api_version;  // v1 or v2; v1 when empty
  std::string interval;     // Go duration looked back; 5m when empty
  std::string query;
  std::map<std::string, std::string> queries;  // v2: by the name that the formula uses
  std::string formula;
  std::string aggregator;       // v2: last when empty
  std::string request_timeout;  // Go duration; 10s when empty
  DatadogSecret secret_ref;
  bool operator==(const DatadogMetric&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("apiVersion", self.api_version);
    visit("interval", self.interval);
    visit("query", self.query);
    visit("queries", self.queries);
    visit("formula", self.formula);
    visit("aggregator", self.aggregator);
    visit("requestTimeout", self.request_timeout);
    visit("secretRef", self.secret_ref);
  }
};

struct NewRelicMetric {
  std::string profile;                  // a Secret of the controller's namespace; newrelic when empty
  std::string query;                    // NRQL
  std::optional<std::int64_t> timeout;  // seconds for the query at New Relic; 5 when absent
  bool operator==(const NewRelicMetric&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("profile", self.profile);
    visit.required("query", self.query);
    visit("timeout", self.timeout);
  }
};

struct WavefrontMetric {
  std::string address;  // host without a scheme
  std::string query;
  bool operator==(const WavefrontMetric&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("address", self.address);
    visit("query", self.query);
  }
};

struct GraphiteMetric {
  std::string address;
  std::string query;  // "target=...&from=..."
  bool operator==(const GraphiteMetric&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("address", self.address);
    visit("query", self.query);
  }
};

struct InfluxdbMetric {
  std::string profile;  // a Secret of the controller's namespace; influxdb when empty
  std::string query;    // Flux
  bool operator==(const InfluxdbMetric&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("profile", self.profile);
    visit("query", self.query);
  }
};

struct SkyWalkingMetric {
  std::string address;
  std::string query;     // GraphQL with the variable $duration
  std::string interval;  // Go duration looked back
  bool operator==(const SkyWalkingMetric&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("address", self.address);
    visit("query", self.query);
    visit("interval", self.interval);
  }
};

struct CloudWatchDimension {
  std::string name;
  std::string value;
  bool operator==(const CloudWatchDimension&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("value", self.value);
  }
};

struct CloudWatchSource {
  std::string ns;
  std::string metric_name;
  std::vector<CloudWatchDimension> dimensions;
  bool operator==(const CloudWatchSource&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("namespace", self.ns);
    visit("metricName", self.metric_name);
    visit("dimensions", self.dimensions);
  }
};

struct CloudWatchStatistic {
  CloudWatchSource metric;
  std::optional<kube::IntOrString> period;  // seconds
  std::string stat;
  std::string unit;
  bool operator==(const CloudWatchStatistic&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("metric", self.metric);
    visit("period", self.period);
    visit("stat", self.stat);
    visit("unit", self.unit);
  }
};

struct CloudWatchQuery {
  std::string id;
  std::string expression;
  std::string label;
  Seldom<CloudWatchStatistic> metric_stat;
  std::optional<kube::IntOrString> period;  // seconds
  std::optional<bool> return_data;
  bool operator==(const CloudWatchQuery&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("id", self.id);
    visit("expression", self.expression);
    visit("label", self.label);
    visit("metricStat", self.metric_stat);
    visit("period", self.period);
    visit("returnData", self.return_data);
  }
};

struct CloudWatchMetric {
  std::string interval;  // Go duration looked back; 5m when empty
  std::vector<CloudWatchQuery> metric_data_queries;
  bool operator==(const CloudWatchMetric&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("interval", self.interval);
    visit.required("metricDataQueries", self.metric_data_queries);
  }
};

struct KayentaThreshold {
  std::int64_t pass = 0;
  std::int64_t marginal = 0;
  bool operator==(const KayentaThreshold&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("pass", self.pass);
    visit.required("marginal", self.marginal);
  }
};

struct KayentaScopeDetail {
  std::string scope;
  std::string region;
  std::int64_t step = 0;  // seconds
  std::string start;      // RFC 3339
  std::string end;
  bool operator==(const KayentaScopeDetail&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("scope", self.scope);
    visit.required("region", self.region);
    visit.required("step", self.step);
    visit.required("start", self.start);
    visit.required("end", self.end);
  }
};

struct KayentaScope {
  std::string name;
  KayentaScopeDetail control_scope;
  KayentaScopeDetail experiment_scope;
  bool operator==(const KayentaScope&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit.required("controlScope", self.control_scope);
    visit.required("experimentScope", self.experiment_scope);
  }
};

struct KayentaMetric {
  std::string address;
  std::string application;
  std::string canary_config_name;
  std::string metrics_account_name;
  std::string configuration_account_name;
  std::string storage_account_name;
  bool lookback = false;  // look at everything since the run began
  KayentaThreshold threshold;
  std::vector<KayentaScope> scopes;
  bool operator==(const KayentaMetric&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("address", self.address);
    visit.required("application", self.application);
    visit.required("canaryConfigName", self.canary_config_name);
    visit.required("metricsAccountName", self.metrics_account_name);
    visit.required("configurationAccountName", self.configuration_account_name);
    visit.required("storageAccountName", self.storage_account_name);
    visit("lookback", self.lookback);
    visit.required("threshold", self.threshold);
    visit.required("scopes", self.scopes);
  }
};

}  // namespace sluice::crds
