// A metric of an analysis: what is measured, how often, and what the values mean.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crds/analysis_input.h"
#include "crds/compare.h"
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

// Exactly one is meant to be set. Those that are not acted on yet are kept as their JSON text.
struct MetricProvider {
  Seldom<PrometheusMetric> prometheus;
  Seldom<JobMetric> job;
  RawJson kayenta;
  RawJson web;
  RawJson datadog;
  RawJson wavefront;
  RawJson new_relic;
  RawJson cloud_watch;
  RawJson graphite;
  RawJson influxdb;
  RawJson skywalking;
  std::map<std::string, RawJson> plugin;  // by name
  bool operator==(const MetricProvider&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("prometheus", self.prometheus);
    visit("kayenta", self.kayenta);
    visit("web", self.web);
    visit("datadog", self.datadog);
    visit("wavefront", self.wavefront);
    visit("newRelic", self.new_relic);
    visit("job", self.job);
    visit("cloudWatch", self.cloud_watch);
    visit("graphite", self.graphite);
    visit("influxdb", self.influxdb);
    visit("skywalking", self.skywalking);
    visit("plugin", self.plugin);
  }
};

// Counts and limits may hold "{{args.x}}" in a template; in a run that is being measured they are numbers.
struct Metric {
  std::string name;
  std::string interval;       // Go duration between measurements
  std::string initial_delay;  // Go duration before the first one
  Seldom<kube::IntOrString> count;
  std::string success_condition;
  std::string failure_condition;
  Seldom<kube::IntOrString> failure_limit;              // 0 when absent, -1 switches it off
  Seldom<kube::IntOrString> inconclusive_limit;         // 0 when absent
  Seldom<kube::IntOrString> consecutive_error_limit;    // 4 when absent
  Seldom<kube::IntOrString> consecutive_success_limit;  // 0 (off) when absent
  MetricProvider provider;
  Seldom<Compare> compare;
  bool operator==(const Metric&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit("interval", self.interval);
    visit("initialDelay", self.initial_delay);
    visit("count", self.count);
    visit("successCondition", self.success_condition);
    visit("failureCondition", self.failure_condition);
    visit("failureLimit", self.failure_limit);
    visit("inconclusiveLimit", self.inconclusive_limit);
    visit("consecutiveErrorLimit", self.consecutive_error_limit);
    visit("consecutiveSuccessLimit", self.consecutive_success_limit);
    visit.required("provider", self.provider);
    visit("compare", self.compare);
  }
};

}  // namespace sluice::crds
