// What plain and TLS streams do to a socket alike.
#pragma once

#include <boost/asio/ip/tcp.hpp>

namespace sluice::kube {

// True when the other side has closed; never waits. Unread bytes do not count (TLS sends session tickets unasked).
bool is_dead(boost::asio::ip::tcp::socket& socket);

// Sends small writes at once and keeps the socket from child processes.
void prepare(boost::asio::ip::tcp::socket& socket);

}  // namespace sluice::kube
