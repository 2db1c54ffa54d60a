// A measurement as questions and answers: what a provider of the HTTP kind is told and what it says.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "analysis/expression/value.h"
#include "analysis/phase.h"
#include "crds/metric.h"
#include "kube/http/message.h"
#include "kube/result.h"
#include "kube/string_map.h"
#include "kube/time.h"

namespace sluice::analysis {

// What is known so far.
struct Inquiry {
  const crds::Metric& metric;               // complete
  kube::StringMap secret;                   // what the provider's Secret holds; empty without one
  kube::Time now;                           // when this run or resumption of the measurement began
  kube::Time run_started;                   // when the AnalysisRun began
  std::string default_address;              // of Prometheus, as the operator has set it
  std::string aws_region;                   // of the process; "" when it has none
  kube::StringMap unfinished;               // metadata of the measurement that is resumed; empty in a new one
  std::vector<kube::HttpResponse> answers;  // to the questions so far
};

// Something to ask.
struct Question {
  kube::HttpRequest request;
  bool verify = true;                 // false takes any certificate
  crds::OAuth2Authentication oauth2;  // a token is fetched when it names a server
  crds::SigV4Authentication aws;      // used when `aws_service` is set
  std::string aws_service;            // signs the request for this service; "" does not
  bool repeatable = true;             // false for what starts something at the backend
  kube::Duration pause{0};            // before it is asked
};

// The measured value: the conditions of the metric judge it. Nil or an empty list is "no data".
struct Reading {
  expression::Value value;
  std::string text;             // as a measurement shows it
  kube::StringMap metadata;     // of the measurement
  bool shown_on_error = false;  // also when the conditions could not be evaluated
};

// The backend has judged by itself.
struct Judged {
  Phase phase = Phase::error;
  std::string text;
};

// The backend is at work; ask again later, with this metadata.
struct Unfinished {
  kube::StringMap metadata;
  kube::Duration again_after{0};
};

struct Turn {
  std::variant<Question, Reading, Judged, Unfinished> next;
};

}  // namespace sluice::analysis
