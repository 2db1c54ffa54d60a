// One HTTP exchange with a backend of metrics, over the network or as a test plays it.
#include "analysis/fetch/wire.h"

#include <memory>

namespace sluice::analysis {

FetchHttp fetch_over_network(EgressRules rules) {
  kube::HttpClientOptions options;
  options.connect_deadline = std::chrono::seconds{5};
  options.body_limit = largest_answer;
  options.header_limit = std::size_t{32} << 10;
  options.check_address = [rules = std::move(rules)](std::string_view host, std::string_view address,
                                                     std::uint16_t port) {
    return refusal_of_address(host, address, port, rules);
  };
  auto verifying = std::make_shared<kube::HttpClient>(options);
  options.tls.verify = false;
  auto trusting = std::make_shared<kube::HttpClient>(options);
  return [verifying, trusting](kube::HttpRequest request, bool verify) {
    return (verify ? verifying : trusting)->send(std::move(request));
  };
}

}  // namespace sluice::analysis
