// What the questions of several providers have in common: headers, authentication, addresses, times.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crds/metric_providers.h"
#include "kube/http/message.h"
#include "kube/result.h"
#include "kube/time.h"

namespace sluice::analysis {

inline constexpr std::int64_t longest_timeout = 120;  // seconds
inline constexpr std::size_t most_headers = 50;

// True while an argument stands in the text: what it will be is not known when a template is looked at by itself.
bool has_argument(std::string_view text);

// Adds what is wrong with headers, each with its place in the list.
void check_headers(const std::vector<crds::HttpHeader>& headers, std::vector<std::string>& mistakes);
// Adds what is missing in an authentication.
void check_authentication(const crds::Authentication& authentication, std::vector<std::string>& mistakes);
// Adds what is wrong with a time limit in seconds; `name` says whose.
void check_timeout(std::string_view name, std::optional<std::int64_t> timeout, std::vector<std::string>& mistakes);
// Adds what is wrong with a Go duration that must be positive; an empty one is good.
void check_duration(std::string_view name, const std::string& text, std::vector<std::string>& mistakes);

// The first mistake of headers as they are now, secrets included; "" without one.
std::string mistake_in_headers(const std::vector<crds::HttpHeader>& headers);

// Sets the metric's headers over those that are there, and the Authorization of basicAuth unless a header gives one.
void add_headers(kube::HttpRequest& request, const std::vector<crds::HttpHeader>& headers,
                 const crds::BasicAuthentication& basic);

std::string without_trailing_slash(std::string address);

// Seconds since the epoch, fractions cut off.
std::int64_t unix_seconds(kube::Time time);
std::int64_t unix_milliseconds(kube::Time time);

// A duration of a metric; `otherwise` when it is empty or cannot be read, which validation has refused by then.
kube::Duration duration_or(const std::string& text, kube::Duration otherwise);

// The error for a status other than 2xx: "received non 2xx response code: 503".
kube::Error status_error(unsigned status);

}  // namespace sluice::analysis
