# The HTTP server of a site: a proxy, or a mirror whose files come from elsewhere. Arguments: port,
# log; for a mirror also the proxy that has the files, and the address to ask it for.
# One request a connection, each in a process of its own; every request is logged with its client.
use strict;
use warnings;
use IO::Socket::INET;

my ($port, $log, $upstream, $origin) = @ARGV;
$SIG{CHLD} = 'IGNORE';
my $listener = IO::Socket::INET->new(LocalPort => $port, Listen => 64, ReuseAddr => 1)
    or die "port $port: $!";
while (1) {
    my $client = $listener->accept or next;
    next if fork;
    answer($client);
    # Closing with something unread would take the answer back from the client.
    $client->shutdown(1);
    1 while sysread $client, my $rest, 65536;
    exit;
}

sub answer {
    my ($client) = @_;
    my ($method, $url) = split ' ', <$client> // return;
    my @head;
    while (my $line = <$client>) {
        last if $line =~ /^\r?$/;
        push @head, $line unless $line =~ /^(proxy-)?connection:/i;
    }
    note($client->peerhost . " $method $url\n");
    my ($place, $path) = $upstream ? ($upstream, "$origin$url") : $url =~ m{^http://([^/]+)(/.*)$};
    my $server = $method ne 'CONNECT' && $place
        && IO::Socket::INET->new(PeerAddr => $place, PeerPort => 80);
    return print $client "HTTP/1.1 502 Not reached\r\nContent-Length: 0\r\n\r\n" unless $server;
    print $server "$method $path HTTP/1.1\r\n", @head, "Connection: close\r\n\r\n";
    while (sysread $server, my $bytes, 65536) {
        print $client $bytes;
    }
}

sub note {
    open my $file, '>>', $log or die "$log: $!";
    syswrite $file, $_[0];
}
