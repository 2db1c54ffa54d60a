// One HTTP exchange with a backend of metrics, over the network or as a test plays it.
#pragma once

#include <functional>

#include <boost/asio/awaitable.hpp>

#include "analysis/egress.h"
#include "kube/http/client.h"

namespace sluice::analysis {

namespace net = boost::asio;

// Sends one request and reads its whole answer; `verify` false takes any certificate.
using FetchHttp =
    std::function<net::awaitable<kube::Result<kube::HttpResponse>>(kube::HttpRequest request, bool verify)>;

// The largest answer of a backend that is read, in bytes.
inline constexpr std::size_t largest_answer = std::size_t{1} << 20;

// Over the network: connect within 5 s, answers up to `largest_answer`, addresses as the rules allow. Connections are
// kept for the next request.
FetchHttp fetch_over_network(EgressRules rules);

}  // namespace sluice::analysis
